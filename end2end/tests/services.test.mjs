// The pages of databases and caches where none is watched.

import assert from "node:assert/strict";
import { findings } from "../support/axe.mjs";
import { WITHOUT_SCRIPTS } from "../support/browser.mjs";
import { testBench } from "../support/case.mjs";
import { isMarked, live, mark, openLive, ticks } from "../support/overview.mjs";
import { WIDTHS, assertFits } from "../support/services.mjs";

const { pageTest } = testBench();

const PAGES = [
  { path: "/database", title: "Database", says: [/PostgreSQL is not monitored/, /\[postgres\]\s+url = /, /WATCHGLASS_POSTGRES_URL/, /GRANT pg_monitor/] },
  { path: "/cache", title: "Cache", says: [/Redis is not monitored/, /\[redis\]\s+targets = /, /WATCHGLASS_REDIS_TARGETS/, /ACL SETUSER/] },
];

for (const { path, title, says } of PAGES) {
  pageTest(`${path} says what to set, and lives without a word on the console`, {}, async ({ page, server }) => {
    const response = await page.goto(server.url + path);
    assert.equal(response.status(), 200);
    await live(page);
    await ticks(page, 2);
    assert.equal(await page.title(), `${title} · Watchglass`);
    assert.equal(await page.locator("h1").innerText(), title);
    assert.deepEqual(await page.locator('.top-bar nav [aria-current="page"]').allInnerTexts(), [title]);
    const text = await page.locator("main").innerText();
    for (const said of says) {
      assert.match(text, said);
    }
  });

  pageTest(`${path} says the same without scripts`, WITHOUT_SCRIPTS, async ({ page, server }) => {
    await page.goto(server.url + path);
    const text = await page.locator("main").innerText();
    for (const said of says) {
      assert.match(text, said);
    }
  });

  for (const scheme of ["dark", "light"]) {
    for (const width of WIDTHS) {
      pageTest(`${path}, ${scheme}, ${width} px wide, does not scroll sideways, and axe finds nothing`, { context: { colorScheme: scheme, viewport: { width, height: 844 } } }, async ({ page, server }) => {
        await openLive(page, server.url + path);
        await assertFits(page, width);
        assert.deepEqual(await findings(page), []);
      });
    }
  }
}

pageTest("the bar leads to every page without loading a document, and the focus is seen", {}, async ({ page, server }) => {
  await openLive(page, server.url);
  await mark(page);
  for (const { path, title } of PAGES) {
    const link = page.locator(".top-bar nav").getByRole("link", { name: title });
    await link.focus();
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("Tab");
    assert.notEqual(await link.evaluate((link) => getComputedStyle(link).outlineStyle), "none");
    await page.keyboard.press("Enter");
    await page.waitForURL(server.url + path);
    await page.locator("h1", { hasText: title }).waitFor();
  }
  assert.ok(await isMarked(page), "a link loaded a document");
});
