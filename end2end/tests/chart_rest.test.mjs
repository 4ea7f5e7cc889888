// A pointer that rests on a chart lets the picture stand still; and from a moment to what ran then.

import assert from "node:assert/strict";
import { fingerprint } from "../support/canvas.mjs";
import { testBench } from "../support/case.mjs";
import { eventually } from "../support/conditions.mjs";
import { chartsPainted, clock, openLive, panel, ticks } from "../support/overview.mjs";

const { pageTest } = testBench();

async function open(page, server) {
  await openLive(page, server.url);
  await chartsPainted(page);
  await panel(page, "memory").scrollIntoViewIfNeeded();
}

async function pointAt(page, id) {
  const box = await panel(page, id).locator(".chart").boundingBox();
  await page.mouse.move(box.x + box.width * 0.9, box.y + box.height / 2);
}

pageTest("under a pointer the picture stands still while data goes on; when it leaves, the picture follows", {}, async ({ page, server }) => {
  await open(page, server);
  await ticks(page, 2);
  await pointAt(page, "memory");
  await page.locator(".chart .moment:not(:empty)").first().waitFor();
  await eventually(async () => {
    const [before, time] = [await fingerprint(page, "memory", "series"), await clock(page)];
    await ticks(page, 2);
    assert.equal(await fingerprint(page, "memory", "series"), before, "the picture has moved");
    assert.notEqual(await clock(page), time);
  });
  const still = await fingerprint(page, "memory", "series");
  await page.mouse.move(2, 2);
  await eventually(async () => assert.notEqual(await fingerprint(page, "memory", "series"), still));
});

pageTest("a pause outlasts the pointer", {}, async ({ page, server }) => {
  await open(page, server);
  await pointAt(page, "memory");
  await page.keyboard.press("Space");
  await page.locator('.shown[data-state="paused"]').waitFor();
  const still = await fingerprint(page, "memory", "series");
  await page.mouse.move(2, 2);
  await ticks(page, 3);
  assert.equal(await fingerprint(page, "memory", "series"), still);
  await page.keyboard.press("Space");
  await eventually(async () => assert.notEqual(await fingerprint(page, "memory", "series"), still));
});

pageTest("a page that is left while a pointer rests on its chart does not hold the next one", {}, async ({ page, server }) => {
  await open(page, server);
  await pointAt(page, "memory");
  await ticks(page);
  await page.locator('nav[aria-label="Pages"] a', { hasText: "Processes" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Processes" }).waitFor();
  await page.mouse.move(2, 2);
  await panel(page, "processes").scrollIntoViewIfNeeded();
  await chartsPainted(page);
  const before = await fingerprint(page, "processes", "series");
  await eventually(async () => assert.notEqual(await fingerprint(page, "processes", "series"), before));
});

pageTest("a pinned moment leads to the processes of that moment", {}, async ({ page, server }) => {
  await open(page, server);
  await ticks(page, 12);
  await pointAt(page, "memory");
  await page.mouse.down();
  await page.mouse.up();
  await page.waitForURL(/[?&]at=\d+/);
  const moment = new URL(page.url()).searchParams.get("at");
  const time = new Date(Number(moment)).toISOString().slice(11, 19);
  const way = page.getByRole("link", { name: `Processes at ${time}` });
  await way.click();
  await page.waitForURL((url) => url.pathname === "/processes" && url.searchParams.get("at") === moment);
  await page.getByRole("heading", { level: 1, name: "Processes" }).waitFor();
  await page.locator(".fragment", { hasText: time }).waitFor();
});
