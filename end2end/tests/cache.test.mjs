// The page of a Redis that is watched.

import assert from "node:assert/strict";
import { WITHOUT_SCRIPTS } from "../support/browser.mjs";
import { testBench } from "../support/case.mjs";
import { eventually } from "../support/conditions.mjs";
import { chartsPainted, isMarked, live, mark, openLive, panels, ticks } from "../support/overview.mjs";
import { startRedis } from "../support/redis.mjs";
import { WIDTHS, assertFits, condition, head, instead, rows } from "../support/services.mjs";

const SLOW = "Slow log";

async function redis() {
  const redis = await startRedis();
  await redis.runSlowly("SET", "session:1", "sesame");
  await redis.runSlowly("SET", "session:2", "sesame");
  return redis;
}

const { pageTest } = testBench({ watched: redis });

/** Opens the page once the server has its first answers. */
async function openCache(page, server, path = "/cache") {
  await eventually(async () => {
    const { redis } = await (await fetch(`${server.url}/api/fn/services`)).json();
    assert.ok(redis[0].details.slow_log?.length > 0);
  });
  await page.goto(server.url + path);
}

const commands = async (page) => (await rows(page, SLOW)).map((row) => row.at(-1));

pageTest("the page lives: state, version, role, charts of Redis alone, and the slow log without values", {}, async ({ page, server, watched }) => {
  await openCache(page, server);
  await live(page);
  await condition(page, "up");
  assert.equal(await page.title(), "Cache · Watchglass");
  assert.equal(await page.locator(".service h2").innerText(), watched.instance);
  assert.equal(await page.locator(".service .word").innerText(), "Up");
  assert.match(await page.locator(".service .facts").innerText(), /^Redis \d+\.\d+\.\d+ · master$/);
  await eventually(async () => assert.ok((await panels(page)).includes("redis-ping")));
  const ids = await chartsPainted(page);
  assert.ok(ids.length > 3 && ids.every((id) => id.startsWith("redis-")), `${ids}`);
  assert.ok((await commands(page)).includes("SET session:1"));
  assert.doesNotMatch(await page.locator("body").innerText(), /sesame/);
  await ticks(page, 2);
});

pageTest("a command that is slow from now on is seen without a reload, by an order that was chosen", {}, async ({ page, server, watched }) => {
  await openCache(page, server);
  await live(page);
  await head(page, SLOW, "Command and key").click();
  await watched.runSlowly("GET", "a:first");
  await eventually(async () => assert.ok((await commands(page)).includes("GET a:first")));
  const found = await commands(page);
  assert.deepEqual(found, found.toSorted());
});

pageTest("the keyboard orders the table, and assistive technology is told how", {}, async ({ page, server }) => {
  await openCache(page, server);
  await live(page);
  const order = () => page.locator(".listing th[aria-sort]").evaluateAll((heads) => heads.map((head) => [head.innerText, head.ariaSort]));
  assert.deepEqual(await order(), [["When", "descending"]]);
  const link = head(page, SLOW, "Command and key");
  await link.focus();
  await page.keyboard.press("Enter");
  await eventually(async () => assert.deepEqual(await order(), [["Command and key", "ascending"]]));
  await page.keyboard.press("Enter");
  await eventually(async () => assert.deepEqual(await order(), [["Command and key", "descending"]]));
  const found = await commands(page);
  assert.deepEqual(found, found.toSorted().toReversed());
  assert.ok(await link.evaluate((link) => link === document.activeElement), "the focus is lost");
});

pageTest("without scripts everything is there to read, and links order it", WITHOUT_SCRIPTS, async ({ page, server, watched }) => {
  await openCache(page, server);
  assert.equal(await page.locator(".service h2").innerText(), watched.instance);
  assert.equal(await page.locator(".service .word").innerText(), "Up");
  assert.ok((await commands(page)).includes("SET session:1"));
  assert.match((await rows(page, SLOW))[0][0], /^\d+ [A-Z][a-z][a-z] \d\d:\d\d:\d\d UTC$/);
  await head(page, SLOW, "Command and key").click();
  const found = await commands(page);
  assert.deepEqual([found, await page.locator(".listing th[aria-sort]").innerText()], [found.toSorted(), "Command and key"]);
  assert.ok(await page.locator("noscript .notice").isVisible());
});

for (const scheme of ["dark", "light"]) {
  for (const width of WIDTHS) {
    pageTest(`${scheme}, ${width} px wide, the page does not scroll sideways`, { context: { colorScheme: scheme, viewport: { width, height: 844 } } }, async ({ page, server }) => {
      await openCache(page, server);
      await live(page);
      await condition(page, "up");
      await assertFits(page, width);
    });
  }
}

pageTest("from the overview to the cache and back no document is loaded, the charts keep all they had, and the bar says where one is", {}, async ({ page, server }) => {
  await openLive(page, server.url);
  await mark(page);
  const current = () => page.locator('.top-bar nav [aria-current="page"]').allInnerTexts();
  assert.deepEqual(await current(), ["Overview"]);
  await page.getByRole("link", { name: "Cache" }).click();
  await page.waitForURL(`${server.url}/cache`);
  await condition(page, "up");
  await chartsPainted(page);
  assert.deepEqual(await current(), ["Cache"]);
  assert.equal(await page.title(), "Cache · Watchglass");
  await page.locator(".choices a", { hasText: "15m" }).click();
  await page.waitForURL(`${server.url}/cache?window=15m`);
  await page.goBack();
  await page.getByRole("link", { name: "Overview" }).click();
  await page.waitForURL(`${server.url}/`);
  await chartsPainted(page);
  await ticks(page, 2);
  assert.ok(await isMarked(page), "a link loaded a document");
});

pageTest("a Redis that is gone is down since then, with the reason, and up again once it is back", {}, async ({ page, server, watched }) => {
  await openCache(page, server);
  await live(page);
  await watched.kill();
  await condition(page, "down");
  assert.match(await page.locator(".service .word").innerText(), /^Down since \d+\s[A-Z][a-z][a-z] \d\d:\d\d:\d\d · \d+\ss$/);
  assert.match(await page.locator(".service .reason").innerText(), new RegExp(watched.instance.replaceAll(".", "\\.")));
  assert.equal(await instead(page, SLOW), "No data while the server is down.");
  assert.ok(!(await page.locator(".table-box").isVisible()));
  await watched.start();
  await condition(page, "up");
  await eventually(async () => assert.match(await instead(page, SLOW), /^Slow log is empty/));
});
