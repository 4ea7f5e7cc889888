// The parts of pages that the server makes: they are kept up, they are ordered and filtered by links and forms, and they
// say so when the server is away.

import assert from "node:assert/strict";
import { WITHOUT_SCRIPTS } from "../support/browser.mjs";
import { eventually } from "../support/conditions.mjs";
import { isMarked, mark, openLive } from "../support/overview.mjs";
import { testBench } from "../support/case.mjs";

const { pageTest } = testBench();

pageTest("the head of the overview answers first, and its cards lead on", {}, async ({ page, server }) => {
  await openLive(page, server.url);
  assert.match(await page.locator("#verdict").innerText(), /All systems healthy|Degraded|Critical/);
  const cards = await page.locator(".vital h3").allInnerTexts();
  assert.deepEqual(cards, ["Host", "Database", "Redis", "Requests", "Errors", "Latency"]);
  await mark(page);
  await page.locator(".vital h3 a", { hasText: "Latency" }).click();
  await page.waitForURL(`${server.url}/performance`);
  await page.locator("#routes-title").waitFor();
  assert.ok(await isMarked(page), "the link loaded a document");
});

pageTest("the head of the overview is asked for again while somebody looks", {}, async ({ page, server }) => {
  await openLive(page, server.url);
  const asked = () => page.waitForResponse((response) => response.url().includes("/api/fragment/overview") && response.ok());
  await asked();
  await asked();
});

/** Waits until the table has a row with that text, doing `again` what leads to it: with scripts the row comes by itself. */
async function filled(page, options, hasText, again = async () => {}) {
  await eventually(async () => {
    await again();
    if (options === WITHOUT_SCRIPTS) {
      await page.reload();
    }
    assert.ok((await page.locator("tbody tr", { hasText }).count()) > 0);
  });
}

for (const [name, options] of [["with scripts", {}], ["without scripts", WITHOUT_SCRIPTS]]) {
  pageTest(`${name}, routes are ordered by a link and filtered by a form`, options, async ({ page, server }) => {
    await page.goto(`${server.url}/performance`);
    // What was called once only has no rate: a counter is known by its changes.
    await filled(page, options, "/performance", async () => (await fetch(`${server.url}/performance`)).text());
    await page.locator("#routes-route").click();
    await page.waitForURL(/sort=route/);
    await page.locator('th[aria-sort="ascending"] #routes-route').waitFor();
    await page.locator("#routes-filter").fill("PERFORMANCE");
    await page.locator('form[role="search"] button').click();
    await page.waitForURL(/filter=PERFORMANCE/);
    await page.locator("tbody td.code").first().waitFor();
    assert.deepEqual(await page.locator("tbody td.code").allInnerTexts(), ["/performance"]);
    assert.match(page.url(), /sort=route/, "the form forgot the order");
  });

  pageTest(`${name}, processes can be seen at a moment of the past`, options, async ({ page, server }) => {
    await page.goto(`${server.url}/processes`);
    await filled(page, options, "");
    await page.locator(".moments a", { hasText: "◀ 1 min" }).click();
    await page.waitForURL(/at=\d+/);
    await page.locator(".moments a", { hasText: "Now" }).click();
    await page.waitForURL(`${server.url}/processes`);
    // The form comes with the processes: what is typed before belongs to the form that was.
    await page.getByRole("heading", { level: 2, name: "Processes now" }).waitFor();
    await page.locator("#commands-when").fill("2001-02-03T04:05:06");
    await page.locator('form[role="search"] button').click();
    await page.waitForURL(/when=2001/);
    assert.match(await page.locator("main").innerText(), /No data for this time/);
  });

  pageTest(`${name}, processes are ordered by a column and filtered, now and at a moment`, options, async ({ page, server }) => {
    await page.goto(`${server.url}/processes`);
    await filled(page, options, "watchglass");
    await page.locator("#commands-memory").click();
    await page.waitForURL(/sort=memory/);
    await page.locator('th[aria-sort="descending"] #commands-memory').waitFor();
    await page.locator("#commands-filter").fill("WATCHGLASS");
    await page.locator('form[role="search"] button').click();
    await page.waitForURL(/filter=WATCHGLASS/);
    const names = async () => {
      const rows = await page.locator("[data-part=commands] tbody tr").allInnerTexts();
      assert.ok(rows.length > 0 && rows.every((row) => /watchglass/i.test(row)), rows.join("\n"));
    };
    await eventually(names);
    const time = Date.now();
    await page.goto(`${server.url}/processes?filter=watchglass&sort=memory&at=${time}`);
    await page.getByRole("heading", { level: 2, name: "Processes at" }).waitFor();
    await eventually(names);
    await page.locator("#commands-threads").click();
    await page.waitForURL((url) => url.searchParams.get("at") === String(time) && url.searchParams.get("sort") === "threads");
  });
}
