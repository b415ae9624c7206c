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
    "archive", "months/2026-11", "corrections", "search", "verify", "about", "ours", "sheet",
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

test("the first view of a page stays below 60 KB without media", { timeout: PATIENCE }, async () => {
  for (const name of PAGES) {
    // A context of its own has nothing from the page before.
    const context = await browser.newContext({ viewport: phone });
    const page = await context.newPage();
    const bodies = [];
    page.on("response", (answer) => {
      if (!answer.url().includes("/media/")) bodies.push(answer.body());
    });
    await page.goto(`${base}/${name}`, { waitUntil: "networkidle" });
    const bytes = (await Promise.all(bodies)).reduce((sum, body) => sum + body.length, 0);
    assert.ok(bytes > 5_000 && bytes < 60_000, `${name}: ${bytes} bytes`);
    await context.close();
  }
});

test("the sheet prints on two pages at most, in both languages, with a cover that says nothing", { timeout: PATIENCE }, async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  for (const tag of ["en", "ar"]) {
    await page.goto(`${base}/${tag}/sheet.html`);
    const file = join(shots, `site-sheet-${tag}.pdf`);
    const pdf = await page.pdf({ path: file, format: "A4", preferCSSPageSize: true });
    const pages = pdf.toString("latin1").match(/\/Type\s*\/Page\b(?!s)/g).length;
    assert.equal(pages, 2, tag);
    await page.emulateMedia({ media: "print" });
    await page.screenshot({ path: join(shots, `site-print-sheet-${tag}.png`), fullPage: true });
    await page.emulateMedia({ media: null });
  }
  await context.close();
});

test("an edition for reading without the net is accessible from a folder, and leads nowhere else", { timeout: PATIENCE }, async () => {
  const context = await browser.newContext({ viewport: phone, offline: true });
  const page = await context.newPage();
  for (const variant of ["text", "stills", "films"]) {
    const edition = join(folder, variant);
    execFileSync("python3", ["-m", "zipfile", "-e", join(folder, `site/offline/${variant}.zip`), edition]);
    for (const tag of ["en", "ar"]) {
      for (const name of ["index.html", `${tag}/index.html`, `${tag}/bread-line.html`, `${tag}/hospital-street.html`]) {
        await page.goto(`file://${edition}/${name}`);
        await page.evaluate(axe);
        const report = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"] }));
        assert.deepEqual(report.violations.map((one) => `${one.id}: ${one.nodes[0].html}`), [], `${variant}/${name}`);
        const lost = await page.evaluate(() => [...document.images].filter((image) => !image.naturalWidth).map((image) => image.src));
        assert.deepEqual(lost, [], `${variant}/${name}`);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.ok(wide <= 0, `${variant}/${name} scrolls sideways by ${wide}px`);
      }
      await page.screenshot({ path: join(shots, `site-offline-${variant}-${tag}.png`), fullPage: true });
    }
  }
  await context.close();
});

test("whether something is ours is found by link, by code and by file, and the file goes nowhere", { timeout: PATIENCE }, async () => {
  const context = await browser.newContext({ viewport: phone });
  const page = await context.newPage();
  const asked = [];
  page.on("request", (request) => asked.push(request));
  const told = async () => {
    await page.waitForFunction(() => {
      const state = document.querySelector("#ours [role=status]");
      return state.textContent.trim() !== "" && !/\d%/.test(state.textContent);
    });
    const link = page.locator("#ours [role=status] a");
    return (await link.count()) ? link.getAttribute("href") : null;
  };
  const given = async (tag, words) => {
    await page.goto(`${base}/${tag}/ours.html`);
    await page.fill("#ours input[type=text]", words);
    await page.press("#ours input[type=text]", "Tab");
    return told();
  };
  const text = await readFile(join(folder, "site/en/text/bread-line.txt"), "utf8");
  const [code] = text.match(/[0-9A-Z]{4}-[0-9A-Z]{4}/);
  for (const tag of ["en", "ar"]) {
    assert.equal(await given(tag, code.toLowerCase()), "stories/bread-line.html");
    assert.equal(await given(tag, "https://mirror.example/x/ar/stories/bread-line.html?from=chat"), "stories/bread-line.html");
    assert.equal(await given(tag, "https://example.org/other"), null);
    await page.goto(`${base}/${tag}/ours.html`);
    const [picture] = (await readFile(join(folder, "site/manifest.txt"), "utf8")).match(/media\/\S+\.jpg/);
    await page.setInputFiles("#ours input[type=file]", join(folder, "site", picture));
    assert.match(await told(), /^stories\/[a-z0-9-]+\.html$/);
    await page.screenshot({ path: join(shots, `site-ours-told-${tag}.png`), fullPage: true });
    await page.setInputFiles("#ours input[type=file]", join(folder, "site/style.css"));
    await page.waitForFunction(() => !document.querySelector("#ours [role=status] a"));
  }
  assert.deepEqual(asked.filter((one) => one.method() !== "GET" || !one.url().startsWith(`${base}/`)).map((one) => one.url()), []);
  await context.close();
});
