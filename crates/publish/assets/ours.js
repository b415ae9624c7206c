// Looks a file, a code or an address up in the site's own lists. The file is hashed here and goes nowhere; of its
// hash, the site learns two digits. Asks nobody but the place this page came from, and keeps nothing.
"use strict";

// SHA-256, FIPS 180-4, in pieces: files may be larger than memory, and the browser's own wants them whole.
const K = (() => {
  const primes = [];
  for (let n = 2; primes.length < 64; n++) if (primes.every((p) => n % p)) primes.push(n);
  const part = (x) => Math.floor((x - Math.floor(x)) * 0x100000000);
  return { start: primes.slice(0, 8).map((p) => part(Math.sqrt(p))), round: Uint32Array.from(primes, (p) => part(Math.cbrt(p))) };
})();

class Sha256 {
  constructor() {
    this.state = Uint32Array.from(K.start);
    this.rest = new Uint8Array(64);
    this.held = 0;
    this.bytes = 0;
    this.words = new Uint32Array(64);
  }

  block(bytes, at) {
    const w = this.words;
    for (let i = 0; i < 16; i++, at += 4) w[i] = (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
    for (let i = 16; i < 64; i++) {
      const x = w[i - 15], y = w[i - 2];
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    let [a, b, c, d, e, f, g, h] = this.state;
    for (let i = 0; i < 64; i++) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const one = (h + s1 + ((e & f) ^ (~e & g)) + K.round[i] + w[i]) | 0;
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const two = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g; g = f; f = e; e = (d + one) | 0; d = c; c = b; b = a; a = (one + two) | 0;
    }
    [a, b, c, d, e, f, g, h].forEach((value, at) => { this.state[at] += value; });
  }

  update(bytes) {
    this.bytes += bytes.length;
    let at = 0;
    if (this.held) {
      at = Math.min(64 - this.held, bytes.length);
      this.rest.set(bytes.subarray(0, at), this.held);
      this.held += at;
      if (this.held < 64) return;
      this.block(this.rest, 0);
      this.held = 0;
    }
    for (; at + 64 <= bytes.length; at += 64) this.block(bytes, at);
    this.rest.set(bytes.subarray(at));
    this.held = bytes.length - at;
  }

  finish() {
    const bits = this.bytes * 8;
    const end = new Uint8Array(this.held < 56 ? 64 - this.held : 128 - this.held);
    end[0] = 0x80;
    const view = new DataView(end.buffer);
    view.setUint32(end.length - 8, Math.floor(bits / 0x100000000));
    view.setUint32(end.length - 4, bits >>> 0);
    this.update(end);
    return Array.from(this.state, (word) => word.toString(16).padStart(8, "0")).join("");
  }
}

function hashOf(bytes) {
  const state = new Sha256();
  state.update(bytes);
  return state.finish();
}

const PIECE = 4 * 1024 * 1024;

async function hashFile(file, tell) {
  const state = new Sha256();
  for (let at = 0; at < file.size; at += PIECE) {
    state.update(new Uint8Array(await file.slice(at, at + PIECE).arrayBuffer()));
    tell(Math.min(100, Math.floor(((at + PIECE) * 100) / file.size)));
  }
  return state.finish();
}

// A code as people write it: any case, with or without the line, with letters that are taken for others.
function codeOf(text) {
  const bare = text.toUpperCase().replace(/[\s\-\u2010-\u2015]/g, "").replace(/[IL]/g, "1").replace(/O/g, "0");
  return /^[0-9A-HJKMNP-TV-Z]{8}$/.test(bare) ? `${bare.slice(0, 4)}-${bare.slice(4)}` : null;
}

// The story that an address leads to, and whether the address is one of the site's own.
function linkOf(text, own) {
  const given = text.trim();
  const bare = given.replace(/[?#].*$/, "");
  const found = /\/(?:en|ar)\/(?:stories|text)\/([a-z0-9-]{3,60})\.(?:html|txt)$/.exec(bare);
  if (!found) return null;
  return { slug: found[1], ours: own.some((site) => bare.startsWith(site)) };
}

async function lines(path) {
  const answer = await fetch(path, { credentials: "omit", referrerPolicy: "no-referrer" });
  if (answer.status === 404) return [];
  if (!answer.ok) throw new Error(String(answer.status));
  return (await answer.text()).split("\n");
}

// The story whose line begins so.
async function storyOf(path, key) {
  const line = (await lines(path)).find((one) => one === key || one.startsWith(`${key} `));
  return line ? line.split(" ").pop() : null;
}

function start(root) {
  const say = root.dataset;
  const own = [say.site, say.onion].filter(Boolean);
  const field = (type, words) => {
    const label = document.createElement("label");
    label.textContent = words;
    const input = document.createElement("input");
    input.type = type;
    label.append(input);
    return [label, input];
  };
  const [wordsLabel, words] = field("text", say.wordsLabel);
  words.autocomplete = "off";
  words.spellcheck = false;
  words.dir = "ltr";
  const [fileLabel, file] = field("file", say.fileLabel);
  const state = document.createElement("p");
  state.setAttribute("role", "status");
  root.append(wordsLabel, fileLabel, state);

  function answer(text, slug) {
    state.textContent = `${text} `;
    if (slug) {
      const link = document.createElement("a");
      link.href = `${say.stories}${slug}.html`;
      link.textContent = slug;
      link.dir = "ltr";
      state.append(link);
    }
  }

  let asked = 0;
  async function ask(look) {
    const mine = ++asked;
    try {
      const [text, slug] = await look(() => mine === asked);
      if (mine === asked) answer(text, slug);
    } catch {
      if (mine === asked) answer(say.failed);
    }
  }

  async function lookWords() {
    const code = codeOf(words.value);
    if (code) {
      const slug = await storyOf(`${say.lists}codes/${code[0]}.txt`, code);
      return slug ? [say.codeYes, slug] : [say.wordsNo];
    }
    const link = linkOf(words.value, own);
    if (!link) return [words.value.trim() ? say.wordsNo : ""];
    const shard = hashOf(new TextEncoder().encode(link.slug)).slice(0, 2);
    const slug = await storyOf(`${say.lists}links/${shard}.txt`, link.slug);
    return slug ? [link.ours ? say.linkYes : say.linkElsewhere, slug] : [say.wordsNo];
  }

  async function lookFile(current) {
    const [chosen] = file.files;
    if (!chosen) return [""];
    const hash = await hashFile(chosen, (percent) => {
      if (current()) state.textContent = say.reading.replace("0", String(percent));
    });
    const slug = await storyOf(`${say.lists}files/${hash.slice(0, 2)}.txt`, hash);
    return slug ? [say.fileYes, slug] : [say.fileNo];
  }

  words.addEventListener("change", () => ask(lookWords));
  file.addEventListener("change", () => ask(lookFile));
}

if (typeof module === "undefined") {
  start(document.getElementById("ours"));
} else {
  module.exports = { Sha256, hashOf, hashFile, codeOf, linkOf };
}
