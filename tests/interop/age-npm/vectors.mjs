// Computes the vectors of crates/keys and crates/openers with other people's primitives (the noble libraries), so that
// code and vectors do not come from one hand. `node vectors.mjs` writes both files; git shows whether anything changed.

import { writeFileSync } from "node:fs";
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { ed25519, x25519 } from "@noble/curves/ed25519.js";
import { argon2id } from "@noble/hashes/argon2.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { bech32 } from "@scure/base";
import { identityToRecipient } from "age-encryption";

const hex = (bytes) => Buffer.from(bytes).toString("hex");
const fill = (length, start) => Uint8Array.from({ length }, (_, i) => (start + i) & 255);
const derive = (key, label) => hkdf(sha256, key, undefined, utf8ToBytes(label), 32);
const be = (value, length) => {
  const out = new Uint8Array(length);
  for (let i = length - 1; i >= 0; i--, value = Math.floor(value / 256)) out[i] = value & 255;
  return out;
};

const LABELS = [
  "fh1/chain", "fh1/veil-head", "fh1/veil-body", "fh1/piece-mac", "fh1/reply-head", "fh1/reply-body", "fh1/mailbox",
  "fh1/header/0", "fh1/header/1", "fh1/slot", "fh1/index", "fh1/share", "fh1/signing-key", "fh1/wrap", "fh1/check",
  "fh1/words-chain", "fh1/words-id", "fh1/words-token", "fh1/words-reply", "fh1/words-salt", "fh1/words-code", "fh1/words-identity",
  "fh1/words-session", "fh1/words-question",
];

function chain() {
  let link = fill(32, 1);
  const links = [];
  for (let epoch = 0; epoch <= 60; epoch++, link = derive(link, "fh1/chain")) {
    if ([0, 1, 2, 60].includes(epoch)) {
      links.push({
        epoch, link: hex(link), veil_head: hex(derive(link, "fh1/veil-head")),
        veil_body: hex(derive(link, "fh1/veil-body")), piece_mac: hex(derive(link, "fh1/piece-mac")),
      });
    }
  }
  return links;
}

function veil() {
  const [head, body, nonce, header] = [fill(32, 2), fill(32, 3), fill(24, 4), fill(72, 5)];
  const shard = Uint8Array.from({ length: 65408 }, (_, i) => (i * 7 + 3) & 255);
  const sealedHeader = xchacha20poly1305(head, nonce).encrypt(header);
  const sealedShard = xchacha20poly1305(body, nonce, sealedHeader).encrypt(shard);
  const cell = concatBytes(nonce, sealedHeader, sealedShard);
  return {
    head: hex(head), body: hex(body), nonce: hex(nonce), header: hex(header),
    shard: "byte i is (7 i + 3) mod 256", first_128: hex(cell.slice(0, 128)), last_32: hex(cell.slice(-32)),
    cell_sha256: hex(sha256(cell)),
  };
}

function macs() {
  const key = fill(32, 6);
  const facts = [
    { version: 1, kit: hex(fill(8, 10)), dispatch: hex(fill(16, 20)), piece: 0, last: false, k: 1, length: 1, digest: hex(fill(32, 40)) },
    { version: 1, kit: hex(fill(8, 10)), dispatch: hex(fill(16, 20)), piece: 7, last: true, k: 256, length: 16744448, digest: hex(fill(32, 41)) },
    { version: 255, kit: "ff".repeat(8), dispatch: "ff".repeat(16), piece: 4294967295, last: true, k: 65535, length: 4294967295, digest: "ff".repeat(32) },
  ];
  return facts.map((f) => {
    const canonical = concatBytes(
      be(f.version, 1), Buffer.from(f.kit, "hex"), Buffer.from(f.dispatch, "hex"), be(f.piece, 4), be(f.last ? 1 : 0, 1),
      be(f.k, 2), be(f.length, 4), Buffer.from(f.digest, "hex"),
    );
    return { key: hex(key), ...f, canonical: hex(canonical), tag: hex(hmac(sha256, key, canonical).slice(0, 24)) };
  });
}

function reply() {
  const [secret, identity] = [fill(32, 7), fill(32, 8)];
  const recipient = x25519.getPublicKey(identity);
  return {
    secret: hex(secret), mailbox: hex(derive(secret, "fh1/mailbox")), veil_head: hex(derive(secret, "fh1/reply-head")),
    veil_body: hex(derive(secret, "fh1/reply-body")), identity: hex(identity), recipient: hex(recipient),
    recipient_text: bech32.encodeFromBytes("age", recipient),
  };
}

function vault() {
  const [typed, canonical, ordered] = ["River  Apple مَدْرَسَة", "river apple مدرسه", "apple river مدرسه"];
  const [salt, nonce, generation, place] = [fill(16, 9), fill(24, 10), fill(16, 11), fill(6, 12)];
  const cost = { memory_kib: 1024, passes: 2, lanes: 1 };
  const stretched = argon2id(utf8ToBytes(ordered), salt, { m: cost.memory_kib, t: cost.passes, p: cost.lanes, dkLen: 32, version: 0x13 });
  const text = utf8ToBytes("what the field knows");
  const sealed = (key) => hex(concatBytes(nonce, xchacha20poly1305(key, nonce, place).encrypt(text)));
  const headers = [0, 1].map((position) => derive(stretched, `fh1/header/${position}`));
  const [vaultKey, stateKey] = [fill(32, 16), fill(32, 17)];
  const slot = hkdf(sha256, vaultKey, undefined, concatBytes(utf8ToBytes("fh1/slot"), generation), 32);
  return {
    typed, canonical, ordered, salt: hex(salt), cost, header_keys: headers.map(hex), vault_key: hex(vaultKey), state_key: hex(stateKey),
    generation: hex(generation), slot_key: hex(slot), place: hex(place), text: hex(text), nonce: hex(nonce),
    in_header: sealed(headers[1]), in_slot: sealed(slot), in_state: sealed(derive(stateKey, "fh1/index")),
  };
}

function signing() {
  const [seed, message] = [fill(32, 11), utf8ToBytes("a bulletin")];
  const signed = ed25519.sign(concatBytes(utf8ToBytes("fh1/custodian\0"), message), seed);
  return { seed: hex(seed), verifying: hex(ed25519.getPublicKey(seed)), message: hex(message), signature: hex(signed) };
}

// GF(2^8) with x^8 + x^4 + x^3 + x^2 + 1, as the Shamir crate has it.
const REDUCE = 0x11d;
function times(a, b) {
  let out = 0;
  for (; b; b >>= 1, a = a & 128 ? (a << 1) ^ REDUCE : a << 1) if (b & 1) out ^= a;
  return out;
}

function shares() {
  const [secret, slope, set, k, n] = [fill(32, 12), fill(32, 90), fill(16, 13), 2, 3];
  const all = [];
  for (let x = 1; x <= n; x++) {
    const y = secret.map((byte, i) => byte ^ times(slope[i], x));
    const encoded = concatBytes(Uint8Array.of(1), set, Uint8Array.of(k, n, x), y);
    all.push({ x, encoded: hex(encoded), hash: hex(sha256(encoded)) });
  }
  return { kek: hex(secret), set: hex(set), k, n, shares: all };
}

function wrapped() {
  const [kek, set, nonce, key] = [fill(32, 12), fill(16, 13), fill(24, 14), fill(32, 15)];
  const [name, generation] = ["intake/1", 3];
  const aad = concatBytes(set, be(name.length, 8), utf8ToBytes(name), be(generation, 4));
  const sealed = xchacha20poly1305(derive(kek, "fh1/wrap"), nonce, aad).encrypt(key);
  return { kek: hex(kek), set: hex(set), name, generation, nonce: hex(nonce), key: hex(key), sealed: hex(sealed) };
}

// A custodian's signing key, locked: the file byte for byte.
function lockedSigningKey() {
  const [typed, canonical] = ["Seven  WORDS of hers", "seven words of hers"];
  const [seed, salt, nonce] = [fill(32, 70), fill(16, 71), fill(24, 72)];
  const cost = { memory_kib: 64, passes: 1, lanes: 1 };
  const stretched = argon2id(utf8ToBytes(canonical), salt, { m: cost.memory_kib, t: cost.passes, p: cost.lanes, dkLen: 32, version: 0x13 });
  const verifying = ed25519.getPublicKey(seed);
  const sealed = xchacha20poly1305(derive(stretched, "fh1/signing-key"), nonce, verifying).encrypt(seed);
  const file = {
    format: "firsthand-custodian-key", version: 2, public: hex(verifying), ...cost,
    salt: hex(salt), nonce: hex(nonce), sealed: hex(sealed),
  };
  return { typed, seed: hex(seed), file: JSON.stringify(file, null, 2) + "\n" };
}

async function identities() {
  const out = [];
  for (const seed of [fill(32, 0), fill(32, 200)]) {
    const identity = bech32.encodeFromBytes("age-secret-key-pq-", seed).toUpperCase();
    out.push({ seed: hex(seed), identity, recipient: await identityToRecipient(identity) });
  }
  return out;
}

const write = (crate, vectors) =>
  writeFileSync(new URL(`../../../crates/${crate}/vectors/${crate}.json`, import.meta.url), JSON.stringify(vectors, null, 2) + "\n");

const key = fill(32, 1);
write("keys", {
  derivations: { key: hex(key), outputs: LABELS.map((label) => ({ label, output: hex(derive(key, label)) })) },
  chain: chain(), veil: veil(), mac: macs(), reply: reply(), vault: vault(), signing: signing(),
});
write("openers", { identities: await identities(), shares: shares(), wrapped: wrapped(), locked_signing_key: lockedSigningKey() });
