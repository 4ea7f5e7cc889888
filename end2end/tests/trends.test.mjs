// Trends: what every series was like over a stretch of time, and the ways to other stretches.

import assert from "node:assert/strict";
import { eventually } from "../support/conditions.mjs";
import { WITHOUT_SCRIPTS } from "../support/browser.mjs";
import { chartsPainted, isMarked, live, mark, openLive, panel, ticks } from "../support/overview.mjs";
import { testBench } from "../support/case.mjs";

const { pageTest } = testBench();

/** The numbers of the first series of a panel: `{min: "1.2 GiB", …}`. */
function stats(page, id) {
  return panel(page, id)
    .locator(".stats")
    .first()
    .evaluate((list) => Object.fromEntries([...list.children].map((entry) => [entry.children[0].textContent, entry.children[1].textContent])));
}

pageTest("each series has its numbers; windows, sections and the comparison are links that load no document", {}, async ({ page, server }) => {
  await openLive(page, `${server.url}/trends`);
  await ticks(page, 2);
  await mark(page);
  assert.deepEqual(Object.keys(await stats(page, "memory")), ["min", "avg", "max", "last", "p95"]);
  assert.ok((await page.locator(".stats dt", { hasText: "total" }).count()) > 0, "what is counted has a total");
  await chartsPainted(page);

  await page.locator(".choices a", { hasText: "24h" }).click();
  await page.waitForURL(`${server.url}/trends?window=24h`);
  await page.locator('.choices [aria-current="true"]', { hasText: "24h" }).waitFor();
  await page.locator(".trends-head a", { hasText: "Compare: previous period" }).click();
  await page.waitForURL(`${server.url}/trends?window=24h&compare=1`);
  await eventually(async () => assert.ok("Δ" in (await stats(page, "memory"))));

  const sections = page.locator(".trends .section:not([hidden])");
  const before = await sections.count();
  assert.ok(before > 1, "there are several sections");
  const name = await page.locator(".trends-head .choices").first().locator("a").nth(1).innerText();
  await page.locator(".trends-head .choices").first().locator("a").nth(1).click();
  await eventually(async () => assert.equal(await sections.count(), 1));
  assert.equal((await sections.locator("h2").textContent()).toLowerCase(), name.toLowerCase());
  await page.goBack();
  await eventually(async () => assert.equal(await sections.count(), before));
  assert.ok(await isMarked(page), "the page was loaded again");
});

pageTest("any range is a form; what it shows does not move, and a link leads back to what is live", {}, async ({ page, server }) => {
  await openLive(page, `${server.url}/trends`);
  // The range ends at most eleven seconds ago: by then something must have been measured.
  await ticks(page, 12);
  // Browsers leave out seconds that are none.
  const end = Math.floor(Date.now() / 10_000) * 10_000 - 1_000;
  const field = (millis) => new Date(millis).toISOString().slice(0, 19);
  await page.locator("[name=from]").fill(field(end - 60_000));
  await page.locator("[name=to]").fill(field(end));
  await page.locator(".range button").click();
  await page.waitForURL(/\/trends\?from=\d+&to=\d+/);
  await live(page);
  assert.equal(await page.locator("[name=to]").inputValue(), field(end));
  const said = page.locator('.shown[data-state="past"]');
  assert.match(await said.innerText(), /^Showing .* – \d\d:\d\d:\d\d/);
  const numbers = await stats(page, "memory");
  await ticks(page, 3);
  assert.deepEqual(await stats(page, "memory"), numbers, "what is past has moved");
  await mark(page);
  await said.locator("a", { hasText: "Back to live" }).click();
  await page.waitForURL(`${server.url}/trends`);
  await page.locator('.shown[data-state="live"]').waitFor({ state: "attached" });
  assert.ok(await isMarked(page), "the page was loaded again");
});

pageTest("without scripts the form, the sections and the numbers work", WITHOUT_SCRIPTS, async ({ page, server }) => {
  await page.goto(`${server.url}/trends`);
  await page.locator(".range button").click();
  await page.waitForURL(/\/trends\?from=\d+&to=\d+/);
  assert.match(await page.locator(".shown").innerText(), /Showing .* UTC/);
  assert.deepEqual(Object.keys(await stats(page, "memory")), ["min", "avg", "max", "last", "p95"]);
  await page.locator(".trends-head a", { hasText: "Compare: previous period" }).click();
  assert.ok("Δ" in (await stats(page, "memory")));
});

pageTest("an invalid time range is reported", {}, async ({ page, server }) => {
  await openLive(page, `${server.url}/?from=yesterday&to=now`);
  assert.match(await page.locator(".shown .bad").innerText(), /Invalid time range/);
});
