// Looks words up in the site's own index. Asks nobody but the place this page came from, and keeps nothing.
"use strict";

// The same rules as crates/publish/src/fold.rs; a test compares the two.
const MARKS = /[\u0610-\u061A\u0640\u064B-\u065F\u0670\u06D6-\u06DC\u06DF-\u06E4\u06E7\u06E8\u06EA-\u06ED\u0300-\u036F]/g;
const LETTERS = { "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ئ": "ي", "ی": "ي", "ؤ": "و", "ة": "ه", "ک": "ك" };
const ARTICLES = ["وال", "بال", "كال", "فال", "ال", "لل"];

function fold(word) {
  const bare = word.replace(MARKS, "").toLowerCase();
  const letters = Array.from(bare, (c) => {
    const code = c.codePointAt(0);
    if (code >= 0x660 && code <= 0x669) return String(code - 0x660);
    if (code >= 0x6f0 && code <= 0x6f9) return String(code - 0x6f0);
    return LETTERS[c] || c;
  }).join("");
  for (const article of ARTICLES) {
    if (letters.startsWith(article) && Array.from(letters.slice(article.length)).length > 2) {
      return letters.slice(article.length);
    }
  }
  return letters;
}

function wordsOf(text) {
  return text.split(/[^\p{L}\p{N}\p{M}\u0640]+/u).map(fold).filter((word) => Array.from(word).length > 1);
}

function shardOf(word) {
  const two = Array.from(word).slice(0, 2).join("");
  return Array.from({ length: two.length }, (_, at) => two.charCodeAt(at).toString(16).padStart(4, "0")).join("");
}

const fetched = new Map();
async function lines(path) {
  if (!fetched.has(path)) {
    fetched.set(path, fetch(path, { credentials: "omit", referrerPolicy: "no-referrer" }).then((answer) => {
      if (answer.status === 404) return [];
      if (!answer.ok) throw new Error(String(answer.status));
      return answer.text().then((text) => text.split("\n"));
    }));
  }
  return fetched.get(path);
}

// The numbers of the stories that have a word beginning so.
async function storiesOf(word, index) {
  const found = new Set();
  for (const line of await lines(`${index}words/${shardOf(word)}.txt`)) {
    const [term, numbers] = line.split(" ");
    if (!numbers || !term.startsWith(word)) continue;
    let number = 0;
    for (const step of numbers.split(",")) {
      number += parseInt(step, 36);
      found.add(number);
    }
  }
  return found;
}

// Stories that have all words, newest first. A word that every story has is in no index and narrows nothing.
async function look(question, index) {
  const words = wordsOf(question);
  const sets = (await Promise.all(words.map((word) => storiesOf(word, index)))).filter((set) => set.size > 0);
  if (sets.length === 0) return [];
  sets.sort((a, b) => a.size - b.size);
  const [first, ...others] = sets;
  return [...first].filter((number) => others.every((set) => set.has(number))).sort((a, b) => b - a);
}

async function titleOf(number, index) {
  const line = (await lines(`${index}titles/${Math.floor(number / 100)}.txt`))[number % 100] || "";
  const [slug, date, title] = line.split("\t");
  return title ? { slug, date, title } : null;
}

const SHOWN = 30;

function start(root) {
  const { label, none, found, failed, stories, index } = root.dataset;
  const field = document.createElement("input");
  field.type = "search";
  field.setAttribute("aria-label", label);
  field.placeholder = label;
  field.autocomplete = "off";
  field.spellcheck = false;
  field.dir = "auto";
  const state = document.createElement("p");
  state.setAttribute("role", "status");
  const list = document.createElement("div");
  root.append(field, state, list);

  let asked = 0;
  async function ask() {
    const mine = ++asked;
    const question = field.value;
    if (wordsOf(question).length === 0) {
      list.replaceChildren();
      state.textContent = "";
      return;
    }
    try {
      const numbers = await look(question, index);
      const titles = await Promise.all(numbers.slice(0, SHOWN).map((number) => titleOf(number, index)));
      if (mine !== asked) return;
      state.textContent = numbers.length ? found.replace("0", String(numbers.length)) : none;
      list.replaceChildren(...titles.filter(Boolean).map(({ slug, date, title }) => {
        const article = document.createElement("article");
        article.className = "line";
        const kicker = document.createElement("p");
        kicker.className = "kicker";
        kicker.textContent = date;
        const heading = document.createElement("h2");
        const link = document.createElement("a");
        link.href = `${stories}${slug}.html`;
        link.textContent = title;
        heading.append(link);
        article.append(kicker, heading);
        return article;
      }));
    } catch {
      if (mine === asked) state.textContent = failed;
    }
  }
  let waiting = 0;
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, 200);
  });
}

if (typeof module === "undefined") {
  start(document.getElementById("search"));
} else {
  module.exports = { fold, wordsOf, shardOf };
}
