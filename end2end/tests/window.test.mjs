// The time window is part of the address.

import assert from "node:assert/strict";
import { eventually } from "../support/conditions.mjs";
import { rememberTexts, texts } from "../support/canvas.mjs";
import { chartsPainted, isMarked, live, mark, openLive, ticks } from "../support/overview.mjs";
import { testBench } from "../support/case.mjs";

const { pageTest } = testBench();

/** The stretch between the first and the last label of the time axis of a chart, in minutes. */
async function axisMinutes(page, id) {
  const times = (await texts(page, id)).filter((text) => /^\d\d:\d\d(:\d\d)?$/.test(text));
  const minutes = times.map((text) => {
    const [hours, minutes, seconds = 0] = text.split(":").map(Number);
    return hours * 60 + minutes + seconds / 60;
  });
  assert.ok(minutes.length >= 2, `the time axis has the labels ${times}`);
  // A day may begin on the axis.
  return (Math.max(...minutes) - Math.min(...minutes) + 1440) % 1440;
}

const WINDOWS = { "5m": [2, 5], "15m": [8, 15], "1h": [35, 60] };

async function assertWindow(page, name) {
  await page.locator('.choices [aria-current="true"]', { hasText: name }).waitFor();
  assert.deepEqual(await page.locator(".choices [aria-current='true']").allInnerTexts(), [name]);
  const [least, most] = WINDOWS[name];
  const midnight = new Date().toISOString() < `${new Date().toISOString().slice(0, 10)}T01:00`;
  await eventually(async () => {
    const minutes = await axisMinutes(page, "cpu");
    // In the first hour of a day the labels go round, and only their number says something.
    assert.ok(midnight || (minutes >= least && minutes <= most), `the axis of ${name} is ${minutes} min long`);
  });
}

pageTest("a choice changes address, mark and time axis without loading a document; Back and Forward follow", {}, async ({ page, server }) => {
  await rememberTexts(page);
  await openLive(page, server.url);
  await chartsPainted(page);
  await page.locator(".choices").scrollIntoViewIfNeeded();
  await mark(page);
  await assertWindow(page, "5m");

  for (const name of ["15m", "1h"]) {
    await page.locator(".choices a", { hasText: name }).click();
    await page.waitForURL(`${server.url}/?window=${name}`);
    await assertWindow(page, name);
    await ticks(page);
  }
  await page.goBack();
  await page.waitForURL(`${server.url}/?window=15m`);
  await assertWindow(page, "15m");
  await page.goBack();
  await page.waitForURL(`${server.url}/`);
  await assertWindow(page, "5m");
  await page.goForward();
  await assertWindow(page, "15m");
  assert.ok(await isMarked(page), "the page was loaded again");
});

pageTest("a reload keeps the window", {}, async ({ page, server }) => {
  await rememberTexts(page);
  await openLive(page, server.url);
  await page.locator(".choices a", { hasText: "1h" }).click();
  await page.waitForURL(`${server.url}/?window=1h`);
  await page.reload();
  await live(page);
  await chartsPainted(page);
  await assertWindow(page, "1h");
});

pageTest("all charts have the same window", {}, async ({ page, server }) => {
  await rememberTexts(page);
  await openLive(page, `${server.url}/?window=15m`);
  for (const id of await chartsPainted(page)) {
    await eventually(async () => {
      const minutes = await axisMinutes(page, id);
      assert.ok(minutes >= 8, `the axis of ${id} is ${minutes} min long`);
    });
  }
});
