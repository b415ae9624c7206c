// Previews first, with the built programs and a real browser: only previews cross, an editor looks at one behind its gate,
// asks for the film and declines the photograph; the reporter hears of it, sends the film, and it is all there.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { PATIENCE, desktop, launch, phone, shot, signIn } from "./browser.mjs";
import { custodians, editors, found } from "./newsroom.mjs";

let browser;
let newsroom;

before(async () => {
  newsroom = await found();
  browser = await launch();
}, { timeout: PATIENCE });

after(async () => {
  if (process.env.FH_SHOW_LOGS) process.stderr.write(newsroom?.logs() ?? "");
  await browser?.close();
  await newsroom?.stop();
});

async function person(options = {}) {
  const context = await browser.newContext({ locale: "en", viewport: desktop, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  return page;
}

async function opened(page, editor) {
  for (const name of custodians.slice(0, 2)) {
    await page.goto(`${newsroom.url}/unlock`);
    await page.selectOption("#custodian", name);
    await page.fill("#passphrase", await newsroom.passphrase(name));
    await page.click("main button[type=submit]");
    await page.waitForLoadState();
  }
  await page.goto(`${newsroom.url}/enrol/${await newsroom.enrolment(editor.name)}`);
  await page.fill("#password", editor.password);
  await page.fill("#again", editor.password);
  await page.click("main button[type=submit]");
  await page.waitForURL(`${newsroom.url}/sign-in`);
  await signIn(page, newsroom.url, editor);
}

test("only previews cross, and the film comes when it is asked for", { timeout: 3 * PATIENCE }, async () => {
  const page = await person();
  await opened(page, editors[0]);
  const cells = await newsroom.preview("At noon on the square.\nظهرًا في الساحة.");
  assert.ok(cells <= 4, `${cells} cells: contact piece, preview and manifest`);
  const held = page.locator(".held .row");
  await held.nth(1).waitFor({ timeout: PATIENCE });
  assert.equal(await page.locator("main img").count(), 0, "the inbox never shows a picture");
  await shot(page, "previews-inbox");
  const arabic = await person({ locale: "ar", viewport: phone });
  await signIn(arabic, newsroom.url, editors[0]);
  await shot(arabic, "previews-inbox");

  // The preview stands behind its gate like everything else.
  await held.first().locator("a").click();
  await page.waitForURL("**/items/*");
  const preview = page.url();
  assert.equal(await page.locator("main img").count(), 0);
  await page.locator(".gate button").waitFor({ timeout: PATIENCE });
  await page.click(".gate button");
  await page.waitForFunction(() => (document.querySelector("main img")?.naturalWidth ?? 0) > 100);
  await shot(page, "previews-item-shown");
  await arabic.goto(preview);
  await shot(arabic, "previews-item");
  // Declined on the preview's own page, without a script.
  const plain = await person({ javaScriptEnabled: false });
  await signIn(plain, newsroom.url, editors[0]);
  await plain.goto(preview);
  await plain.locator("form[action$='/decline'] button").click();
  await plain.waitForURL(preview);
  assert.equal(await plain.locator("form[action$='/decline']").count(), 0, "what was said is not offered again");
  assert.equal(await plain.locator("form[action$='/ask']").count(), 1);

  // The film is asked for in the inbox.
  await page.goto(newsroom.url);
  await held.nth(1).locator("form[action$='/ask'] button").click();
  await page.waitForLoadState();
  await shot(page, "previews-chosen");
  let heard = { wanted: 0, declined: 0 };
  for (let tries = 0; tries < 60 && heard.wanted + heard.declined < 2; tries += 1) {
    const more = await newsroom.receive();
    heard = { wanted: heard.wanted + more.wanted, declined: heard.declined + more.declined };
  }
  assert.deepEqual(heard, { wanted: 1, declined: 1 });
  assert.ok((await newsroom.sendWanted()) > 10, "the film itself");
  await page.locator("a.row .pill.good").first().waitFor({ timeout: PATIENCE });
  assert.equal(await held.count(), 1, "the photograph stays where it is");
  await shot(page, "previews-film-here");
  // Byte for byte: the desk compares it with the hash in the manifest, and finds nothing that differs.
  await page.goto(newsroom.url + (await page.locator("a.row").first().getAttribute("href")));
  assert.doesNotMatch(await page.textContent("#findings"), /Not what was announced/);
  const [dispatch] = (await newsroom.status()).dispatches;
  assert.deepEqual([dispatch.held, dispatch.declined], [0, 1]);
});
