// What every browser test needs: where screenshots go, a headless Chromium, a picture that does not scroll sideways, the
// door of the desk.

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { chromium } from "playwright-core";

export const PATIENCE = 240_000;
export const desktop = { width: 1280, height: 860 };
export const phone = { width: 390, height: 844 };
export const bin = process.env.FH_BIN_DIR ?? new URL("../../target/debug", import.meta.url).pathname;
export const shots = process.env.FH_SCREENSHOTS ?? new URL("../../target/screenshots", import.meta.url).pathname;

/** Starts the browser; there is a folder for screenshots then. */
export async function launch() {
  await mkdir(shots, { recursive: true });
  const executablePath = process.env.FH_CHROMIUM ?? "/usr/bin/chromium";
  return chromium.launch({ executablePath, args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"] });
}

/** Takes a picture of the whole page, named by its language and width; no page scrolls sideways. */
export async function shot(page, name) {
  const language = await page.locator("html").getAttribute("lang");
  const size = page.viewportSize().width < 500 ? "phone" : "desktop";
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({ path: join(shots, `${name}-${language}-${size}.png`), fullPage: true });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(wide <= 0, `${name} (${language}, ${size}) scrolls sideways by ${wide}px`);
}

/** Signs an editor in at a desk. */
export async function signIn(page, desk, { name, password }) {
  await page.goto(`${desk}/sign-in`);
  await page.fill("#name", name);
  await page.fill("#password", password);
  await page.click("main button[type=submit]");
  await page.waitForURL(`${desk}/`);
}
