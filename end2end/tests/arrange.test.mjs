// Panels in the order, width and number that somebody wants; and the overview on a wall.

import assert from "node:assert/strict";
import { findings } from "../support/axe.mjs";
import { testBench } from "../support/case.mjs";
import { chartsPainted, openLive, panel, panels, ticks } from "../support/overview.mjs";

const { pageTest } = testBench();

async function reset(page, url) {
  await page.goto(`${url}/layout`);
  const button = page.getByRole("button", { name: "Reset" });
  if (await button.count()) {
    await button.click();
    await button.waitFor({ state: "detached" });
  }
}

pageTest("panels are moved, widened and hidden with the keyboard, and the overview shows them so", { context: { viewport: { width: 1440, height: 900 } } }, async ({ page, server }) => {
  await reset(page, server.url);
  await openLive(page, server.url);
  await page.getByRole("link", { name: "Edit layout" }).click();
  await page.waitForURL("**/layout");
  const press = async (name) => {
    const answer = page.waitForResponse((response) => response.request().method() === "GET" && response.url().includes("/layout"));
    await page.getByRole("button", { name, exact: true }).focus();
    await page.keyboard.press("Enter");
    await (await answer).finished();
  };
  await press("Move Memory up");
  await press("Width M: Memory");
  await press("Hide Load average");
  await page.locator("#place-load .mark").waitFor();
  await page.getByRole("link", { name: "Done" }).click();
  await ticks(page, 1);
  const order = await panels(page);
  assert.ok(order.indexOf("memory") < order.indexOf("cpu"), `${order}`);
  const width = async (id) => (await panel(page, id).boundingBox()).width;
  assert.ok((await width("memory")) > 1.5 * (await width("cpu")), "memory has two columns");
  assert.ok(await panel(page, "load").isHidden(), "load is left out");
  assert.ok(await page.locator("h2", { hasText: "Host" }).first().isVisible());
  await reset(page, server.url);
  await openLive(page, server.url);
  const usual = await panels(page);
  assert.ok(usual.indexOf("cpu") < usual.indexOf("memory"), `${usual}`);
  assert.ok(await panel(page, "load").isVisible());
});

for (const colorScheme of ["dark", "light"]) {
  for (const width of [1440, 390]) {
    pageTest(`axe finds nothing where panels are arranged, ${colorScheme}, ${width} px`, { context: { colorScheme, viewport: { width, height: 900 } } }, async ({ page, server }) => {
      await page.goto(`${server.url}/layout`);
      assert.deepEqual(await findings(page), []);
      // What is chosen, what is not, and what cannot be pressed look different, each from both others.
      const looks = await page.evaluate(() =>
        ['[aria-pressed="true"]', '[aria-pressed="false"]', ":disabled"].map((kind) => {
          const { borderColor, backgroundColor, color, boxShadow } = getComputedStyle(document.querySelector(`.rows button${kind}`));
          return `${borderColor} ${backgroundColor} ${color} ${boxShadow}`;
        }),
      );
      assert.equal(new Set(looks).size, 3, `${looks}`);
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= width, "it scrolls sideways");
    });
  }
}

pageTest("on a wall there are numbers and charts, and a way back for who has keys", { context: { viewport: { width: 1920, height: 1080 } } }, async ({ page, server }) => {
  await openLive(page, `${server.url}/?kiosk`);
  await chartsPainted(page);
  assert.ok(await page.getByRole("navigation", { name: "Pages" }).isHidden());
  assert.ok(await page.locator(".stat-cards").isVisible());
  for (const what of [".meaning", ".menu-button", ".save", ".legend", ".zone-switch", ".theme-switch", ".find-link", ".account"]) {
    assert.ok((await page.locator(what).count()) > 0, `there is no ${what} to be hidden`);
    assert.equal(await page.locator(`${what}:visible`).count(), 0, `${what} is seen on the wall`);
  }
  assert.deepEqual(await findings(page), []);
  const leave = page.getByRole("link", { name: "Exit TV mode" });
  await leave.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("navigation", { name: "Pages" }).waitFor();
});
