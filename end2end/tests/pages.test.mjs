// Every address answers with a page that comes to life.

import assert from "node:assert/strict";
import { eventually } from "../support/conditions.mjs";
import { isMarked, live, mark, openLive, panels, ticks } from "../support/overview.mjs";
import { testBench } from "../support/case.mjs";

const { pageTest } = testBench();

for (const [path, window] of [["/", "5m"], ["/?window=5m", "5m"], ["/?window=1h", "1h"], ["/?window=nonsense", "5m"], ["/?window=15m&window=1h", null]]) {
  pageTest(`${path} hydrates and is live`, {}, async ({ page, server }) => {
    const response = await page.goto(server.url + path);
    assert.equal(response.status(), 200);
    await live(page);
    await ticks(page);
    assert.ok((await panels(page)).length > 0);
    const current = await page.locator('.choices [aria-current="true"]').allInnerTexts();
    assert.equal(current.length, 1);
    if (window !== null) {
      assert.deepEqual(current, [window]);
    }
  });
}

const MISSING = [/^status 404: .*\/no\/such\/page/, /^console error: Failed to load resource: .* 404/];

pageTest("an address without a page answers 404, says so, and its link goes home without loading a document", { allow: MISSING }, async ({ page, server }) => {
  const response = await page.goto(`${server.url}/no/such/page?from=here`);
  assert.equal(response.status(), 404);
  assert.match(response.headers()["content-type"], /^text\/html/);
  const main = page.locator("main");
  assert.match(await main.innerText(), /Page not found/);
  assert.match(await main.innerText(), /\/no\/such\/page/);
  // Until the program runs, the browser itself would follow the link. That it runs is seen by a control that answers.
  await eventually(async () => {
    await page.locator(".theme-switch").click();
    assert.notEqual(await page.locator("html").getAttribute("data-theme"), null);
  });
  assert.equal(await page.title(), "Page not found · Watchglass");
  await mark(page);
  await main.getByRole("link").click();
  await page.waitForURL(`${server.url}/`);
  await live(page);
  await ticks(page);
  assert.ok(await isMarked(page), "the link loaded a document");
  assert.equal(await page.title(), "Overview · Watchglass");
});

pageTest("the brand leads from another window back to the overview", {}, async ({ page, server }) => {
  await openLive(page, `${server.url}/?window=1h`);
  await mark(page);
  await page.locator(".brand").click();
  await page.waitForURL(`${server.url}/`);
  await page.locator('.choices [aria-current="true"]', { hasText: "5m" }).waitFor();
  assert.ok(await isMarked(page));
});

pageTest("an address with markup in it is shown as text", { allow: [/^status 404/, /^console error: Failed to load resource: .* 404/] }, async ({ page, server }) => {
  await page.goto(`${server.url}/%3Cimg%20src=x%20onerror=alert(1)%3E`);
  await page.locator("main h1").waitFor();
  assert.equal(await page.locator("main img").count(), 0);
});
