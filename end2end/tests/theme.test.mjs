// Dark and light: as the system says, or as the reader chose.

import assert from "node:assert/strict";
import { eventually } from "../support/conditions.mjs";
import { cssColour, hasColour } from "../support/canvas.mjs";
import { WITHOUT_LINES, chartsPainted, openLive, panel } from "../support/overview.mjs";
import { testBench } from "../support/case.mjs";

const { pageTest } = testBench();

const TINT = "--series-0";
const SWITCH = "Switch between dark and light";

/** Waits until the charts, which are drawn while they are in sight, have the colours that the style sheet has now. */
async function assertDrawnInTheme(page, ids) {
  const [tint, surface] = [await cssColour(page, TINT), await cssColour(page, "--surface")];
  await eventually(async () => {
    for (const id of ids) {
      await panel(page, id).scrollIntoViewIfNeeded();
      assert.ok(await hasColour(page, id, "series", tint), `the series of ${id} do not have the tint ${tint}`);
      assert.ok(await hasColour(page, id, "axes", surface), `the axes of ${id} are not on ${surface}`);
    }
  });
  return tint;
}

async function isDark(page) {
  return page.evaluate(() => getComputedStyle(document.documentElement).colorScheme === "dark");
}

for (const scheme of ["dark", "light"]) {
  pageTest(`a ${scheme} system: page and charts are ${scheme}`, { context: { colorScheme: scheme } }, async ({ page, server }) => {
    await openLive(page, server.url);
    assert.equal(await isDark(page), scheme === "dark");
    const ids = await chartsPainted(page);
    const tint = await assertDrawnInTheme(page, ids.filter((id) => id !== "network" && !WITHOUT_LINES.includes(id)));
    const brightness = (await cssColour(page, "--ground")).reduce((sum, part) => sum + part) / 3;
    assert.equal(brightness < 128, scheme === "dark", `the ground's brightness is ${brightness}, the tint ${tint}`);
  });
}

pageTest("the switch changes page and charts, and the choice survives a reload", { context: { colorScheme: "dark" } }, async ({ page, server, context }) => {
  await openLive(page, server.url);
  await chartsPainted(page);
  const ids = ["cpu", "memory"];
  const before = await assertDrawnInTheme(page, ids);

  await page.getByRole("button", { name: SWITCH }).click();
  assert.equal(await isDark(page), false);
  const after = await assertDrawnInTheme(page, ids);
  assert.notDeepEqual(after, before);

  // The server renders the choice, so that the page is never seen in the other theme first.
  const html = await (await context.request.get(server.url)).text();
  assert.match(html, /<html[^>]* data-theme="light"/);
  await page.reload();
  assert.equal(await isDark(page), false);

  await page.getByRole("button", { name: SWITCH }).waitFor();
  await chartsPainted(page);
  await page.getByRole("button", { name: SWITCH }).click();
  await eventually(async () => assert.equal(await isDark(page), true));
  assert.deepEqual(await assertDrawnInTheme(page, ids), before);
});

pageTest("without a choice the server leaves the theme to the system", {}, async ({ page, server, context }) => {
  const html = await (await context.request.get(server.url)).text();
  assert.doesNotMatch(html, /data-theme/);
  await openLive(page, server.url);
});

pageTest("the charts follow when the system changes", { context: { colorScheme: "light" } }, async ({ page, server }) => {
  await openLive(page, server.url);
  await chartsPainted(page);
  const light = await assertDrawnInTheme(page, ["cpu", "memory"]);
  await page.emulateMedia({ colorScheme: "dark" });
  assert.notDeepEqual(await assertDrawnInTheme(page, ["cpu", "memory"]), light);
});
