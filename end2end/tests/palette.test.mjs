// Ctrl+K: pages, charts and what can be done, found by a few letters.

import assert from "node:assert/strict";
import { findings } from "../support/axe.mjs";
import { WITHOUT_SCRIPTS } from "../support/browser.mjs";
import { testBench } from "../support/case.mjs";
import { eventually } from "../support/conditions.mjs";
import { PASSWORD } from "../support/signed_in.mjs";
import { chartsPainted, isMarked, live, mark, openLive, panel } from "../support/overview.mjs";

const { pageTest } = testBench();

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 3 };

function palette(page) {
  return page.getByRole("dialog", { name: "Search" });
}

function found(page) {
  return palette(page).locator("li :is(a, button)");
}

/** What has the focus, in words. */
function focused(page) {
  return page.evaluate(() => {
    const { id, tagName, parentElement } = document.activeElement;
    return tagName === "A" || tagName === "BUTTON" ? document.activeElement.textContent.trim() || parentElement.className : id || tagName;
  });
}

async function open(page, chord = "Control+k") {
  await page.keyboard.press(chord);
  await palette(page).waitFor();
  await found(page).first().waitFor();
}

/** Types, and waits until the list is about it. */
async function type(page, text, first) {
  await page.keyboard.type(text);
  await found(page).first().filter({ hasText: first }).waitFor();
}

/** Whether a panel is in sight. */
function isInSight(page, id) {
  return panel(page, id).evaluate((panel) => {
    const { top, bottom } = panel.getBoundingClientRect();
    return top < innerHeight && bottom > 0;
  });
}

pageTest("by keys alone: a chart is found by its metric, followed, and the page goes on living", {}, async ({ page, server }) => {
  await openLive(page, `${server.url}/settings`);
  await mark(page);
  await open(page);
  assert.equal(await focused(page), "find-q");
  await type(page, "websocket_conn", "Connected clients");
  await palette(page).getByRole("status").filter({ hasText: /\d+ found|\d+ of \d+ results/ }).waitFor();
  const id = "own-connections";
  await page.keyboard.press("Enter");
  await palette(page).waitFor({ state: "hidden" });
  await page.waitForURL(`${server.url}/performance#panel-${id}`);
  await eventually(async () => assert.ok(await isInSight(page, id), `${id} is not in sight`));
  await live(page);
  assert.ok(await isMarked(page), "the page was loaded again");
});

pageTest("arrows move, what is typed goes to the field, Escape closes, and the focus comes back", {}, async ({ page, server }) => {
  await openLive(page, server.url);
  const before = page.locator(".choices a").nth(1);
  await before.focus();
  const where = await focused(page);
  await open(page);
  const titles = await found(page).allInnerTexts();
  assert.ok(titles.length > 10, `${titles}`);
  const at = async (place) => assert.equal(await found(page).nth(place).evaluate((stop) => stop === document.activeElement), true, `${place} has the focus, not ${await focused(page)}`);
  await page.keyboard.press("ArrowDown");
  await at(0);
  await page.keyboard.press("ArrowDown");
  await at(1);
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ArrowUp");
  assert.equal(await focused(page), "find-q");
  await page.keyboard.press("ArrowUp");
  await at(titles.length - 1);
  await page.keyboard.press("ArrowDown");
  assert.equal(await focused(page), "find-q");
  await page.keyboard.press("ArrowDown");
  await type(page, "cach", "Cache");
  assert.equal(await focused(page), "find-q");
  assert.equal(await page.locator("#find-q").inputValue(), "cach");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Backspace");
  assert.equal(await page.locator("#find-q").inputValue(), "cac");

  // Whatever is pressed stays within; the keys of the page below are not heard.
  for (let press = 0; press < 8; press += 1) {
    await page.keyboard.press("Tab");
    assert.ok(await page.evaluate(() => document.querySelector("#find").contains(document.activeElement) || document.activeElement === document.body), await focused(page));
  }
  await page.locator("#find-q").focus();
  await page.keyboard.press("?");
  await page.keyboard.press("Escape");
  await palette(page).waitFor({ state: "hidden" });
  assert.equal(await focused(page), where);
  assert.ok(await page.locator("#keys").isHidden());
  // The same key closes it, and begins anew.
  await open(page, "Meta+k");
  assert.equal(await page.locator("#find-q").inputValue(), "");
  await page.keyboard.press("Control+k");
  await palette(page).waitFor({ state: "hidden" });
  await page.keyboard.press("?");
  await page.locator("#keys", { hasText: "Search pages, charts and actions" }).waitFor();
});

pageTest("Enter waits for the answer to what was typed", {}, async ({ page, server }) => {
  await openLive(page, server.url);
  await open(page);
  let letThrough;
  const held = new Promise((resolve) => (letThrough = resolve));
  await page.route("**/api/fragment/search?q=*", async (route) => {
    await held;
    await route.continue();
  });
  await page.keyboard.type("proc");
  await page.keyboard.press("Enter");
  assert.ok(await palette(page).isVisible(), "it followed what was shown before");
  letThrough();
  await page.waitForURL(`${server.url}/processes`);
  await page.unroute("**/api/fragment/search?q=*");
});

// A browser calls it an abortion when an answer becomes a file. Who signs out is led to the sign-in page in two ways, by the answer and
// by the end of the live connection, of which one aborts the other.
const DEEDS = { allow: [/^request failed: .*\/api\/snapshot\.html.* net::ERR_ABORTED$/, /^request failed: .*\/(api\/logout|login|login\?.*|alerts) net::ERR_ABORTED$/] };

pageTest("what can be done is done: theme, clock, pause, saving, signing out", DEEDS, async ({ page, context, server }) => {
  // With a session of its own: the others go on.
  await context.clearCookies();
  assert.equal((await context.request.post(`${server.url}/api/login`, { data: { username: "admin", password: PASSWORD } })).status(), 200);
  await openLive(page, server.url);
  const run = async (text, title) => {
    await open(page);
    await type(page, text, title);
    await page.keyboard.press("Enter");
    await palette(page).waitFor({ state: "hidden" });
  };
  await run("theme", "Switch between dark and light");
  await page.locator("html[data-theme]").waitFor();
  await run("utc", "Switch times between local and UTC");
  await page.locator(".zone-switch", { hasText: "UTC" }).waitFor();
  await run("pau", "Pause or resume charts");
  await page.locator('.shown[data-state="paused"]').waitFor();
  const [file] = await Promise.all([page.waitForEvent("download"), run("export", "Export snapshot")]);
  assert.match(file.suggestedFilename(), /\.html$/);
  // What a page does not have is not offered.
  await page.goto(`${server.url}/alerts`);
  await live(page);
  await open(page);
  const rows = await found(page).allInnerTexts();
  assert.ok(rows.some((row) => row.startsWith("Switch between")), `${rows}`);
  assert.deepEqual(rows.filter((row) => /^(Pause|Export)/.test(row)), []);
  await type(page, "sign", "Sign out");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Sign in" }).waitFor();
  assert.equal(new URL(page.url()).pathname, "/login");
});

pageTest("by pointer: the button opens it, a press follows, and it closes", {}, async ({ page, server }) => {
  await openLive(page, server.url);
  await mark(page);
  const button = page.getByRole("link", { name: "Search", exact: true });
  await button.click();
  await found(page).first().waitFor();
  await palette(page).getByRole("button", { name: "Close" }).click();
  await palette(page).waitFor({ state: "hidden" });
  await button.click();
  await page.mouse.click(5, 400);
  await palette(page).waitFor({ state: "hidden" });
  await button.click();
  await type(page, "rules", "Alerts: rules");
  await found(page).first().click();
  await page.waitForURL(`${server.url}/alerts?view=rules`);
  await palette(page).waitFor({ state: "hidden" });
  assert.ok(await isMarked(page), "the page was loaded again");
});

pageTest("without scripts it is a page with a form and links", WITHOUT_SCRIPTS, async ({ page, server }) => {
  await eventually(async () => {
    await page.goto(server.url);
    assert.ok(await panel(page, "memory").isVisible());
  });
  await page.getByRole("link", { name: "Search", exact: true }).click();
  await page.waitForURL(`${server.url}/search`);
  await page.locator(".found a", { hasText: "Trends" }).waitFor();
  await page.getByRole("searchbox").fill("memory");
  await page.keyboard.press("Enter");
  await page.waitForURL(`${server.url}/search?q=memory`);
  assert.equal(await page.getByRole("searchbox").inputValue(), "memory");
  await page.locator(".found a").first().click();
  await page.waitForURL(`${server.url}/#panel-memory`);
  assert.ok(await isInSight(page, "memory"));
});

pageTest("a server that does not answer is said to be so", { allow: [/search\?q=/, /status 503/, /console error: Failed to load resource/] }, async ({ page, server }) => {
  await openLive(page, server.url);
  await page.route("**/api/fragment/search?q=*", (route) => route.fulfill({ status: 503, body: "no" }));
  await page.keyboard.press("Control+k");
  await palette(page).getByRole("status").filter({ hasText: "Server unreachable" }).waitFor();
});

for (const colorScheme of ["dark", "light"]) {
  for (const [name, context] of [["a desk", {}], ["a phone", PHONE]]) {
    pageTest(`axe finds nothing in it, ${colorScheme}, on ${name}, and it fits`, { context: { ...context, colorScheme } }, async ({ page, server }) => {
      const fits = async () => assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "it scrolls sideways");
      await openLive(page, server.url);
      await chartsPainted(page);
      await page.getByRole("link", { name: "Search", exact: true }).click();
      await type(page, "al", "Alerts");
      assert.deepEqual(await findings(page), []);
      const box = await palette(page).boundingBox();
      assert.ok(box.x >= 0 && box.x + box.width <= page.viewportSize().width && box.y + box.height <= page.viewportSize().height, `${JSON.stringify(box)}`);
      await fits();
      await page.goto(`${server.url}/search?q=al`);
      assert.deepEqual(await findings(page), []);
      await fits();
    });
  }
}
