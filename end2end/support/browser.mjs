// A browser whose pages are watched: whatever goes wrong in one fails the test.

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { CHROMIUM, DEADLINE, RESULTS } from "./settings.mjs";
import { enter } from "./signed_in.mjs";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

/** The size of a page unless a test asks for another. */
export const DESKTOP = { width: 1440, height: 900 };

/** Starts the browser. Its profiles are signed in at the servers that run, unless they have a `storageState` of their own. */
export async function launchBrowser() {
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  const newContext = browser.newContext.bind(browser);
  browser.newContext = async (options = {}) => {
    const context = await newContext(options);
    if (!options.storageState) {
      await enter(context);
    }
    return context;
  };
  return browser;
}

/** What a page without JavaScript reports of itself: the browser does not preload what it will not run. */
export const WITHOUT_SCRIPTS = { context: { javaScriptEnabled: false }, allow: [/^request failed: .*\.js csp$/, /\.wasm was preloaded using link preload but not used/] };

/**
 * Runs `body` with a fresh page of a fresh profile, then fails if anything went wrong in it: a console message of
 * any kind, an uncaught error, a failed request, an answer of 400 or more, a crash.
 *
 * `allow` lists what the test provokes, as regular expressions; `context` are Playwright's options of a context.
 */
export async function withPage(browser, { name, context: options = {}, allow = [] }, body) {
  const context = await browser.newContext({ viewport: DESKTOP, timezoneId: "UTC", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(DEADLINE);
  const trouble = watch(page);
  try {
    await body(page, context);
    const unexpected = trouble.filter((message) => !allow.some((pattern) => pattern.test(message)));
    assert.deepEqual(unexpected, [], "something went wrong in the page");
  } catch (error) {
    if (trouble.length > 0) {
      error.message += `\nin the page:\n  ${trouble.join("\n  ")}`;
    }
    await keepPicture(page, name ?? "page");
    throw error;
  } finally {
    await context.close();
  }
}

/** Collects everything that goes wrong in the page from now on. */
function watch(page) {
  const trouble = [];
  page.on("console", (message) => trouble.push(`console ${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => trouble.push(`uncaught: ${error.message}`));
  page.on("requestfailed", (request) => trouble.push(`request failed: ${request.url()} ${request.failure()?.errorText}`));
  page.on("response", (response) => {
    if (response.status() >= 400) {
      trouble.push(`status ${response.status()}: ${response.url()}`);
    }
  });
  page.on("crash", () => trouble.push("the page crashed"));
  return trouble;
}

async function keepPicture(page, name) {
  const file = `${name.replaceAll(/[^a-z0-9]+/gi, "-")}.png`;
  await mkdir(RESULTS, { recursive: true });
  // A page that has crashed has no picture; the test's own error matters more.
  await page.screenshot({ path: join(RESULTS, file), timeout: 5_000 }).catch(() => {});
}
