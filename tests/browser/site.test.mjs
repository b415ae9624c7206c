// The public site in a real browser, made of the sample: accessible in both languages, light and dark, narrow and wide;
// silent towards everybody else; whole without a script; and searched with one.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import { after, before, test } from "node:test";
import { PATIENCE, bin, desktop, launch, phone, shots } from "./browser.mjs";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const KINDS = {
  ".html": "text/html; charset=utf-8", ".css": "text/css", ".svg": "image/svg+xml", ".js": "text/javascript", ".xml": "application/xml",
  ".txt": "text/plain; charset=utf-8", ".json": "application/json", ".jpg": "image/jpeg", ".mp4": "video/mp4", ".mp3": "audio/mpeg", ".pdf": "application/pdf",
};
const PAGES = [
  "index.html",
  ...["ar", "en"].flatMap((tag) => [
    "index", "stories/bread-line", "stories/bridge-phones", "stories/hospital-street", "stories/decree-41", "stories/wedding-song",
    "stories/market-fire", "topics", "topics/bread-and-prices", "places", "places/old-town", "timeline", "timeline/2026-11",
    "archive", "months/2026-11", "corrections", "search", "verify", "about",
  ].map((name) => `${tag}/${name}.html`)),
];

let folder;
let server;
let base;
let browser;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "fh-site-"));
  execFileSync(join(bin, "examples/sample_site"), [join(folder, "site")]);
  server = createServer(async (request, answer) => {
    const path = normalize(new URL(request.url, "http://site").pathname);
    try {
      const body = await readFile(join(folder, "site", path));
      answer.writeHead(200, { "content-type": KINDS[extname(path)] ?? "text/plain" }).end(body);
    } catch {
      answer.writeHead(404).end();
    }
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  base = `http://127.0.0.1:${server.address().port}`;
  browser = await launch();
}, { timeout: PATIENCE });

after(async () => {
  await browser?.close();
  server?.close();
  await rm(folder, { recursive: true, force: true });
});

const SIZES = { phone, desktop };

for (const colorScheme of ["light", "dark"]) {
  for (const [size, viewport] of Object.entries(SIZES)) {
    test(`every page is accessible, ${colorScheme}, ${size}`, { timeout: PATIENCE }, async () => {
      const context = await browser.newContext({ viewport, colorScheme });
      const page = await context.newPage();
      const found = [];
      for (const name of PAGES) {
        await page.goto(`${base}/${name}`);
        await page.evaluate(axe);
        const report = await page.evaluate(() => globalThis.axe.run(document, {
          runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
        }));
        for (const one of report.violations) {
          found.push(`${name}: ${one.id}: ${one.nodes.map((node) => node.html.slice(0, 120)).join(" | ")}`);
        }
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        if (wide > 0) found.push(`${name} scrolls sideways by ${wide}px`);
        if (colorScheme === "light" || name.endsWith("index.html") || name.endsWith("bridge-phones.html")) {
          const file = `site-${colorScheme}-${size}-${name.replaceAll("/", "-").replace(".html", "")}.png`;
          await page.screenshot({ path: join(shots, file), fullPage: true });
        }
      }
      await context.close();
      assert.deepEqual(found, []);
    });
  }
}

test("without a script everything is there, nobody else is asked, and nothing is kept", { timeout: PATIENCE }, async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  const asked = [];
  page.on("request", (request) => asked.push(request.url()));
  for (const name of PAGES) {
    const before = asked.length;
    await page.goto(`${base}/${name}`, { waitUntil: "networkidle" });
    const scripts = asked.slice(before).filter((url) => url.endsWith(".js"));
    assert.deepEqual(scripts, [], name);
    assert.ok((await page.locator("main").innerText()).length > 40, name);
  }
  assert.deepEqual(asked.filter((url) => !url.startsWith(`${base}/`)), []);
  assert.deepEqual(await context.cookies(), []);
  // A graphic picture is not shown before it is asked for.
  await page.goto(`${base}/en/stories/hospital-street.html`, { waitUntil: "networkidle" });
  assert.ok(!(await page.locator("details.gate img").isVisible()));
  await page.locator("details.gate > summary").click();
  await page.locator("details.gate img").scrollIntoViewIfNeeded();
  assert.ok(await page.locator("details.gate img").isVisible());
  await page.locator("details.gate > summary").click();
  assert.ok(!(await page.locator("details.gate img").isVisible()));
  await context.close();
});

test("where scripts may run, and lazy loading with them, a graphic picture is not even fetched unasked", { timeout: PATIENCE }, async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  const media = [];
  page.on("request", (request) => {
    if (request.url().includes("/media/")) media.push(request.url());
  });
  await page.goto(`${base}/en/stories/hospital-street.html`, { waitUntil: "networkidle" });
  assert.deepEqual(media, []);
  await page.locator("details.gate > summary").click();
  await page.waitForFunction(() => document.querySelector("details.gate img").complete);
  assert.equal(media.length, 1);
  await context.close();
});

test("searching finds stories by words as people spell them, and asks only this site", { timeout: PATIENCE }, async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  const complaints = [];
  const asked = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (/Content Security Policy/i.test(message.text())) complaints.push(message.text());
  });
  page.on("request", (request) => asked.push(request.url()));
  const results = async (tag, words) => {
    await page.goto(`${base}/${tag}/search.html`);
    await page.fill("#search input", words);
    await page.waitForFunction(() => document.querySelector("#search [role=status]").textContent !== "");
    return page.locator("#search article a").evaluateAll((links) => links.map((link) => link.getAttribute("href")));
  };
  assert.deepEqual(await results("en", "bakeries flour"), ["stories/bread-line.html"]);
  assert.deepEqual(await results("en", "CHECKPOINT"), ["stories/bridge-phones.html"]);
  assert.deepEqual(await results("ar", "افران"), ["stories/bread-line.html"]);
  assert.deepEqual(await results("ar", "والبلده القديمه"), ["stories/bread-line.html"]);
  assert.deepEqual(await results("ar", "القَرَار"), ["stories/decree-41.html"]);
  assert.deepEqual(await results("en", "zebra"), []);
  await page.fill("#search input", "flour");
  await page.locator("#search article a").click();
  assert.match(page.url(), /en\/stories\/bread-line\.html$/);
  assert.deepEqual(asked.filter((url) => !url.startsWith(`${base}/`)), []);
  assert.deepEqual(complaints, []);
  await context.close();
});
