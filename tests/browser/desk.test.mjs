// The desk in a real browser: unlock, enrol, sign in, an arriving dispatch, an item behind its gate, a story in
// two languages, two approvals, publication; in both languages, on a phone and a desktop, and without a script.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { PATIENCE, desktop, launch, phone, shot, signIn as signInAt } from "./browser.mjs";
import { custodians, editors, found, shortPosts } from "./newsroom.mjs";

let browser;
let newsroom;
let elsewhere;
const complaints = [];

before(async () => {
  newsroom = await found();
  elsewhere = await shortPosts();
  browser = await launch();
}, { timeout: PATIENCE });

after(async () => {
  if (process.env.FH_SHOW_LOGS) process.stderr.write(newsroom?.logs() ?? "");
  await browser?.close();
  await newsroom?.stop();
  await elsewhere?.stop();
});

/** A person at a browser. Whatever the page complains about is remembered. */
async function person(options = {}) {
  const context = await browser.newContext({ locale: "en", viewport: desktop, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  page.on("pageerror", (error) => complaints.push(`${page.url()}: ${error.message}`));
  page.on("console", (message) => {
    if (/Content Security Policy|Trusted/i.test(message.text())) complaints.push(`${page.url()}: ${message.text()}`);
  });
  page.on("dialog", (dialog) => {
    if (dialog.type() === "alert") complaints.push(`${page.url()} ran a foreign script`);
    void dialog.dismiss();
  });
  return page;
}

const signIn = (page, editor) => signInAt(page, newsroom.url, editor);

test("a locked desk shows its unlock page and nothing else, then two custodians open it", { timeout: PATIENCE }, async () => {
  const page = await person();
  const locked = await page.goto(`${newsroom.url}/stories`);
  assert.equal(locked.status(), 503);
  assert.match(await page.textContent("h1"), /locked/);
  await shot(page, "unlock");
  const arabic = await person({ locale: "ar", viewport: phone, colorScheme: "dark" });
  await arabic.goto(`${newsroom.url}/unlock`);
  assert.equal(await arabic.locator("html").getAttribute("dir"), "rtl");
  await shot(arabic, "unlock");
  await page.goto(`${newsroom.url}/unlock`);
  await page.selectOption("#custodian", custodians[0]);
  await page.fill("#passphrase", "this is not it");
  await page.click("main button[type=submit]");
  assert.match(await page.textContent("[role=alert]"), /does not open/);
  for (const name of custodians.slice(0, 2)) {
    await page.goto(`${newsroom.url}/unlock`);
    await page.selectOption("#custodian", name);
    await page.fill("#passphrase", await newsroom.passphrase(name));
    await page.click("main button[type=submit]");
    if (name === custodians[0]) {
      await page.locator(".place.in").waitFor();
      await shot(page, "unlock-one-in");
    }
  }
  await page.waitForURL(`${newsroom.url}/sign-in`);
});

test("editors set their passwords once", { timeout: PATIENCE }, async () => {
  for (const [at, editor] of editors.entries()) {
    const page = await person(at === 0 ? {} : { locale: "ar", viewport: phone });
    const link = `${newsroom.url}/enrol/${await newsroom.enrolment(editor.name)}`;
    await page.goto(link);
    await shot(page, "enrol");
    await page.fill("#password", editor.password);
    await page.fill("#again", editor.password);
    await page.click("main button[type=submit]");
    await page.waitForURL(`${newsroom.url}/sign-in`);
    await shot(page, "sign-in");
    await page.goto(link);
    await page.fill("#password", editor.password);
    await page.fill("#again", editor.password);
    await page.click("main button[type=submit]");
    await page.locator("[role=alert]").waitFor();
  }
});

let items;

test("a dispatch appears in an open inbox by itself, and a gated item shows nothing until asked", { timeout: 2 * PATIENCE }, async () => {
  const page = await person();
  const asked = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await signIn(page, editors[0]);
  await shot(page, "inbox-empty");
  await newsroom.send("Filmed from a roof <script>alert(2)</script> this morning.\nصُوِّر من سطح هذا الصباح.");
  await page.locator(".card").first().waitFor({ timeout: PATIENCE });
  await page.locator(".row .pill.good").nth(3).waitFor({ timeout: PATIENCE });
  await shot(page, "inbox");
  items = await page.locator("a.row").evaluateAll((rows) => rows.map((row) => row.getAttribute("href")));
  assert.equal(items.length, 4);
  for (const [at, item] of items.entries()) {
    await page.goto(newsroom.url + item);
    assert.equal(await page.locator("main img, main video, main audio").count(), 0);
    assert.ok(!asked.some((path) => /preview|poster|pages/.test(path)), `something was fetched unasked: ${asked}`);
    await shot(page, `item-${at}`);
    await page.click(".gate button");
    await seen(page, at);
    await shot(page, `item-${at}-shown`);
    await page.click(".shown-bar a");
    await page.locator(".gate").waitFor();
    assert.equal(await page.locator("main img, main video, main audio").count(), 0);
    asked.length = 0;
  }
});

/** Pictures have pixels; what plays is silent, stands still, and can be wound on. */
async function seen(page, at) {
  if (at === 0 || at === 3) {
    const pictures = page.locator("main img");
    assert.equal(await pictures.count(), at === 0 ? 1 : 2);
    for (const picture of await pictures.all()) {
      await picture.scrollIntoViewIfNeeded();
      await picture.evaluate((image) => image.decode());
    }
    return;
  }
  const player = page.locator("main video, main audio");
  await player.evaluate((medium) => new Promise((done, fail) => {
    if (medium.readyState >= 1) done();
    medium.addEventListener("loadedmetadata", done, { once: true });
    medium.addEventListener("error", () => fail(new Error(medium.error?.message)), { once: true });
    medium.preload = "metadata";
  }));
  assert.equal(await player.evaluate((medium) => medium.paused && (medium.muted || medium.tagName === "AUDIO")), true);
  await player.evaluate((medium) => new Promise((done) => {
    medium.addEventListener("seeked", done, { once: true });
    medium.currentTime = 3;
  }));
  assert.ok(await player.evaluate((medium) => medium.duration) > 3);
}

test("clean copies are made while the page is open, and the report says what went", { timeout: 2 * PATIENCE }, async () => {
  const page = await person({ locale: "ar" });
  await signIn(page, editors[1]);
  for (const [at, item] of items.entries()) {
    await page.goto(newsroom.url + item);
    await page.click("#scrub button");
    await page.locator(".derivative").waitFor({ timeout: PATIENCE });
    await shot(page, `item-${at}-scrubbed`);
  }
});

test("a story in two languages is approved by two people and published", { timeout: 2 * PATIENCE }, async () => {
  const page = await person();
  await signIn(page, editors[0]);
  await page.goto(`${newsroom.url}/stories`);
  await shot(page, "stories-empty");
  await page.click(".head button");
  await page.fill("#title_en", "What was filmed this morning");
  await page.fill("#body_en", "People had been waiting since before dawn.\n\nBy ten there was nothing left.");
  await page.fill("#title_ar", "ما صُوِّر هذا الصباح");
  await page.fill("#body_ar", "كان الناس ينتظرون منذ ما قبل الفجر.\n\nوبحلول العاشرة لم يبقَ شيء.");
  for (const choice of await page.locator(".choice").all()) {
    await choice.locator("input[type=checkbox]").check();
    await choice.locator("input[lang=en]").fill("A test picture");
    await choice.locator("input[lang=ar]").fill("صورة اختبار");
  }
  await shot(page, "story-editor");
  await page.click(".save-bar button");
  await page.waitForLoadState();
  const story = new URL(page.url()).pathname;
  await approve(page, story, "approve");
  assert.match(await page.textContent(".approvals"), /Hala/);
  assert.equal(await page.locator("form[action$='/publish']").count(), 0);

  const safety = await person({ locale: "ar", viewport: phone, colorScheme: "dark" });
  await signIn(safety, editors[1]);
  await safety.goto(`${newsroom.url}/stories`);
  await shot(safety, "stories");
  await safety.goto(newsroom.url + story);
  await shot(safety, "story-editor");
  await approve(safety, story, "approve");
  await shot(safety, "story-cleared");
  await safety.click("form[action$='/publish'] button");
  await safety.locator(".published").waitFor({ timeout: PATIENCE });
  await shot(safety, "story-published");
  await page.goto(newsroom.url + story);
  await page.locator(".published").waitFor({ timeout: PATIENCE });
  await shot(page, "story-published");
  assert.equal(await page.locator(".published tbody tr").count(), 4);
  await page.goto(`${newsroom.url}/stories`);
  await shot(page, "stories");
});

async function approve(page, story, name) {
  await page.goto(`${newsroom.url}${story}/approve`);
  assert.equal(await page.locator("main img, main video, main audio").count(), 0);
  await shot(page, name);
  await page.click(".media form button");
  await page.waitForFunction(() => (document.querySelector("main img")?.naturalWidth ?? 0) > 0);
  await shot(page, `${name}-shown`);
  await page.click(".binding button");
  await page.waitForURL(`**${story}#standing`);
}

test("everything is there without a script, on a phone, in Arabic", { timeout: PATIENCE }, async () => {
  const page = await person({ javaScriptEnabled: false, locale: "ar", viewport: phone });
  await signIn(page, editors[1]);
  assert.equal(await page.locator("a.row").count(), 4);
  await page.goto(newsroom.url + items[0]);
  assert.equal(await page.locator("main img").count(), 0);
  await page.click(".gate button");
  await page.locator("main img").waitFor();
  await page.click(".shown-bar a");
  await page.locator(".gate").waitFor();
  await page.click("a.language");
  assert.equal(await page.locator("html").getAttribute("lang"), "en");
  await page.click("details.account summary");
  await page.click("form[action='/sign-out'] button");
  await page.waitForURL(`${newsroom.url}/sign-in`);
});

test("a source is seen, written to, watched and cut off for practice; drops and cards have their pages", { timeout: 2 * PATIENCE }, async () => {
  await newsroom.sendForced("They are sitting beside me.\nهم يجلسون بجانبي.");
  const arabic = await person({ locale: "ar", viewport: phone });
  await signIn(arabic, editors[1]);
  await arabic.goto(`${newsroom.url}/sources`);
  await arabic.locator(".story-row .pill.bad").first().waitFor({ timeout: PATIENCE });
  await shot(arabic, "sources");
  const page = await person();
  await signIn(page, editors[1]);
  await page.goto(`${newsroom.url}/sources`);
  await shot(page, "sources");
  const source = await page.locator("a.story-row").getAttribute("href");
  await page.goto(newsroom.url + source);
  await page.fill("#text", "We have it. Stay away from the roof.\nوصلنا كل شيء. لا تعودي إلى السطح.");
  await page.click("#write button.primary");
  await page.locator(".wrote .pill.live").waitFor({ timeout: PATIENCE });
  await page.fill("#days", "3");
  await page.fill("#plan", "Call her sister’s neighbour, who knows nothing else.");
  await page.click("#watch button.primary");
  await page.locator("#watch button[name=off]").waitFor();
  await shot(page, "source");
  await arabic.goto(newsroom.url + source);
  await shot(arabic, "source");
  for (const visitor of [page, arabic]) {
    await visitor.goto(`${newsroom.url}${source}/capture`);
    await shot(visitor, "capture");
    await visitor.fill("#reason", "Practice, as every month.");
    await visitor.click("button[name=rehearse]");
    await visitor.locator("section[role=status]").waitFor();
    await shot(visitor, "capture-rehearsed");
  }
  await page.goto(newsroom.url + source);
  assert.equal(await page.locator("#write textarea").count(), 1, "practice cut nothing off");
});

test("cards are handed in and what is missing is a picture; drops say how they behave", { timeout: 2 * PATIENCE }, async () => {
  const page = await person();
  await signIn(page, editors[0]);
  for (const card of await newsroom.cards("By courier.")) {
    await page.goto(`${newsroom.url}/cards`);
    await page.setInputFiles("#card", card);
    await page.click("main form button");
    await page.waitForURL(`${newsroom.url}/cards`);
  }
  await page.locator("figure.shards svg").first().waitFor({ timeout: PATIENCE });
  await page.locator("#cards ul.quiet li").nth(1).waitFor({ timeout: PATIENCE });
  const arabic = await person({ locale: "ar", viewport: phone, colorScheme: "dark" });
  await signIn(arabic, editors[0]);
  for (const visitor of [page, arabic]) {
    for (const name of ["cards", "drops", ""]) {
      await visitor.goto(`${newsroom.url}/${name}`);
      await shot(visitor, name || "inbox-later");
    }
  }
});

test("what readers read is shown in pictures and tables, and nothing of them", { timeout: PATIENCE }, async () => {
  await newsroom.readLog();
  const page = await person();
  await signIn(page, editors[0]);
  const end = Date.now() + 60_000;
  do await page.goto(`${newsroom.url}/reach`);
  while ((await page.locator(".chart rect").count()) === 0 && Date.now() < end);
  const arabic = await person({ locale: "ar", viewport: phone, colorScheme: "dark" });
  await signIn(arabic, editors[0]);
  for (const visitor of [page, arabic]) {
    await visitor.goto(`${newsroom.url}/reach`);
    assert.equal(await visitor.locator(".chart rect").count(), 30);
    const counts = await visitor.locator("#reach td.number").allTextContents();
    assert.ok(counts.length > 30 && counts.every((count) => Number(count) % 10 === 0), counts.join());
    await shot(visitor, "reach");
    // Bars begin where reading begins.
    const [row, bar] = await Promise.all([".bars tbody td:last-child", ".bars rect"].map((part) => visitor.locator(part).nth(2).boundingBox()));
    const rtl = (await visitor.locator("html").getAttribute("dir")) === "rtl";
    const gap = rtl ? row.x + row.width - (bar.x + bar.width) : bar.x - row.x;
    assert.ok(gap < 16, `a bar begins ${gap}px from its side`);
  }
});

test("two people open a channel, and what it is told follows the words while they are written", { timeout: PATIENCE }, async () => {
  const page = await person();
  await signIn(page, editors[0]);
  await page.goto(`${newsroom.url}/channels`);
  await page.selectOption("[name=kind]", "mastodon");
  await page.selectOption("[name=language]", "ar");
  await page.fill("[name=server]", elsewhere.url);
  await page.fill("[name=secret]", "a token");
  await page.locator("form:has([name=secret]) button[type=submit]").click();
  const second = await person({ locale: "ar", viewport: phone });
  await signIn(second, editors[1]);
  await second.goto(`${newsroom.url}/channels`);
  await second.locator("form[action$='/confirm'] button").click();
  await page.goto(`${newsroom.url}/stories`);
  await page.click("form[action='/stories/new'] button");
  await page.waitForURL(/stories\/[0-9a-f]+$/);
  await page.locator(".told-channel").waitFor();
  await page.fill("#title_ar", "أُغلق السوق اليوم");
  await page.fill("#body_ar", "أُغلق السوق اليوم عند الظهر. قال التجّار إنهم لم يُبلَّغوا من قبل، وبقيت المحالّ مغلقة حتى المساء.\n\nلم يُعرف السبب بعد.");
  // Nothing was pressed.
  await page.locator(".told-text", { hasText: "أُغلق السوق اليوم" }).first().waitFor();
  await page.locator(".told-text", { hasText: "لم يُعرف السبب" }).last().waitFor();
  assert.ok((await page.locator(".told-post").count()) > 1, "more than fits into one post becomes a thread");
  assert.match(await page.locator(".told-channel").innerText(), /120/);
  await shot(page, "told");
  const script = await person({ javaScriptEnabled: false, viewport: phone, locale: "ar" });
  await signIn(script, editors[1]);
  await script.goto(page.url());
  await script.fill("#title_ar", "بلا برنامج");
  await script.locator("button[formaction$='/preview']").click();
  assert.match(await script.locator(".told-text").first().innerText(), /بلا برنامج/);
  await script.goto(page.url());
  assert.equal(await script.inputValue("#title_ar"), "", "nothing was saved");
  assert.equal(elsewhere.posts.length, 0, "and nothing was told");
});

test("a flash goes from one phone to the site with a yes from another, and from nobody alone", { timeout: 2 * PATIENCE }, async () => {
  const called = Date.now();
  const [hers, his] = [await person({ viewport: phone }), await person({ locale: "ar", viewport: phone, colorScheme: "dark" })];
  await signIn(his, editors[1]);
  await his.goto(`${newsroom.url}/flash`);
  await shot(his, "flash-empty");
  await signIn(hers, editors[0]);
  await hers.goto(`${newsroom.url}/flash`);
  await hers.fill("#title_en", "Shelling in the east");
  await hers.fill("#body_en", "Reported by telephone at noon. Nobody could check it yet.");
  await hers.fill("#title_ar", "قصف في الشرق");
  await hers.fill("#body_ar", "أُبلغ به هاتفيًا عند الظهر، ولم يتمكّن أحد من التحقّق منه بعد.");
  if (await hers.locator("#place").count()) await hers.selectOption("#place", "");
  await hers.fill("[name=place_en]", "Eastern district");
  await hers.fill("[name=place_ar]", "الحيّ الشرقي");
  await hers.click("form[action='/flash'] button[type=submit]");
  const mine = hers.locator("article.flash");
  await mine.first().waitFor();
  assert.equal(await mine.locator("form").count(), 0, "nobody approves alone");
  await shot(hers, "flash-sent");
  // It appears on the other phone by itself, word for word what is approved.
  const there = his.locator("article.flash");
  await there.first().waitFor({ timeout: PATIENCE });
  assert.match(await there.innerText(), /Nobody could check it yet/);
  await shot(his, "flash-waiting");
  const clearance = await there.locator("[name=clearance]").getAttribute("value");
  assert.ok((await there.innerText()).includes(clearance));
  await there.locator("form button").click();
  await his.locator("article.flash p.good").waitFor({ timeout: PATIENCE });
  await hers.locator("article.flash p.good").waitFor({ timeout: PATIENCE });
  await his.locator("article.flash p.good", { hasText: /1/ }).waitFor({ timeout: PATIENCE });
  await shot(his, "flash-out");
  assert.equal(elsewhere.posts.length, 1, "told once");
  assert.match(decodeURIComponent(elsewhere.posts[0].body), /لم يتأكّد بعد/);
  const address = (await (await his.request.get(`${newsroom.url}/flash`, { headers: { Accept: "application/json" } })).json()).flashes[0].publication.url_path;
  const story = await newsroom.published(address);
  assert.match(story, /Not yet confirmed/);
  assert.match(story, /Eastern district/);
  assert.match(await newsroom.published(address.replace(/^en/, "ar")), /لم يتأكّد بعد/);
  assert.ok(Date.now() - called < 300_000, "five minutes from call to site and channel");
});

test("cookies are out of reach of scripts, foreign text ran nowhere, no page broke its own policy", { timeout: PATIENCE }, async () => {
  const page = await person({ locale: "ar", viewport: phone });
  await signIn(page, editors[0]);
  await shot(page, "inbox");
  await page.goto(newsroom.url + items[1]);
  await shot(page, "item-1");
  assert.equal(await page.evaluate(() => document.cookie), "");
  for (const cookie of await page.context().cookies()) {
    assert.ok(cookie.httpOnly && cookie.sameSite === "Strict", cookie.name);
  }
  assert.deepEqual(complaints, []);
});

test("an editor locks the desk at once, for everybody", { timeout: PATIENCE }, async () => {
  const page = await person();
  await signIn(page, editors[0]);
  await page.click("details.account summary");
  await page.click("form[action='/lock'] button");
  await page.locator("#custodian").waitFor();
  const refused = await page.goto(`${newsroom.url}/`);
  assert.equal(refused.status(), 503);
});
