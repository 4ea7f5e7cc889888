// One cursor for all charts: pointing at a moment in one shows that moment everywhere.

import assert from "node:assert/strict";
import { eventually } from "../support/conditions.mjs";
import { history, legend, snapshot } from "../support/api.mjs";
import { inked } from "../support/canvas.mjs";
import { chartsPainted, clock, numbers, openLive, panel, panels, ticks } from "../support/overview.mjs";
import { quantity } from "../support/quantity.mjs";
import { testBench } from "../support/case.mjs";
import { withBusyProcessor } from "../support/work.mjs";

const { pageTest } = testBench();

/** The legends of all panels: `{panel: {label: text}}`. */
async function legends(page) {
  const entries = [];
  for (const id of await panels(page)) {
    entries.push([id, (await numbers(page, id)).legend]);
  }
  return Object.fromEntries(entries);
}

/**
 * What the server says of its series, and the legends of a page that has heard of all of them. Series come while one looks:
 * a command that starts to work is a line of its own.
 */
async function caughtUp(page, server, ids) {
  const state = await snapshot(server);
  const lines = Object.fromEntries(ids.map((id) => [id, legend(state, id)]));
  const entries = await eventually(async () => {
    const entries = await legends(page);
    for (const [id, { label }] of ids.flatMap((id) => lines[id].map((line) => [id, line]))) {
      assert.ok(label in entries[id], `${id} has no line ${label}`);
    }
    return entries;
  });
  return { lines, entries };
}

/** Places the pointer on a chart, `fromRight` pixels from its right edge. */
async function pointAt(page, id, fromRight) {
  const box = await panel(page, id).locator(".chart").boundingBox();
  await page.mouse.move(box.x + box.width - fromRight, box.y + box.height / 3);
}

/** Whether a text is how the page would write one of these values. */
function isOneOf(text, values) {
  const shown = quantity(text);
  return values.some((value) => Math.abs(shown - value) <= Math.abs(value) * 0.06 + 0.00006);
}

/** The moments that the charts of these panels say they are pointed at: `HH:MM:SS`. Other panels may come while one looks. */
function moments(page, ids) {
  return page.locator(".panel").evaluateAll(
    (panels, ids) => panels.filter((panel) => ids.includes(panel.dataset.panel)).map((panel) => panel.querySelector(".chart .moment").textContent),
    ids,
  );
}

/** Fails unless the legend of a panel shows the readings that the history has at that moment. */
function assertShows(entries, lines, { start, step_millis, tracks }, moment) {
  const rows = tracks[0].low.map((_, row) => new Date(start + row * step_millis).toISOString().slice(11, 19));
  const row = rows.indexOf(moment);
  assert.ok(row >= 0, `the history has no ${moment}`);
  for (const { series, label, pace } of lines) {
    const track = tracks.find((track) => track.series === series);
    const values = track?.high.length ? track.high : (track?.low ?? []);
    // What is not measured with every tick keeps its last value until the next is due.
    const overdue = Math.ceil((pace * 2.5) / step_millis);
    const known = values.slice(Math.max(0, row - overdue), row + 1).filter((value) => value !== null);
    const own = values[row] ?? null;
    const fits = own === null ? entries[label] === "–" || isOneOf(entries[label], known) : isOneOf(entries[label], [own]);
    assert.ok(fits, `${label} is ${entries[label]} at ${moment}, and in the history ${own ?? known}`);
  }
}

pageTest("pointing at a chart shows that moment in the legends of all panels; leaving returns to now", {}, async ({ page, server }) => {
  await openLive(page, server.url);
  // Something that changes, so that moments can be told apart.
  await withBusyProcessor(() => ticks(page, 3));
  // The moment pointed at is some fifteen seconds ago; on both sides of it there must be values.
  await ticks(page, 18);
  await chartsPainted(page);
  const ids = await panels(page);
  const [first, second] = ids;
  await panel(page, first).scrollIntoViewIfNeeded();

  for (const id of [first, second]) {
    const now = await clock(page);
    await pointAt(page, id, 28);
    await eventually(async () => assert.ok((await inked(page, second, "cursor")) > 0, "the charts have no cursor"));
    const shown = await moments(page, ids);
    assert.equal(shown.length, ids.length);
    assert.equal(new Set(shown).size, 1, `the charts point at ${shown}`);
    assert.match(shown[0], /^\d\d:\d\d:\d\d$/);
    assert.notEqual(shown[0], now);
    const { lines, entries } = await caughtUp(page, server, ids);
    const past = await history(server);
    for (const panel of ids) {
      assertShows(entries[panel], lines[panel], past, shown[0]);
    }
    // The moment stays while the charts move on.
    await ticks(page, 2);
    assert.deepEqual(await moments(page, ids), shown);
  }

  await page.mouse.move(2, 2);
  await eventually(async () => {
    assert.deepEqual(new Set(await moments(page, ids)), new Set([""]));
    assert.equal(await inked(page, first, "cursor"), 0);
    assert.equal(await inked(page, second, "cursor"), 0);
    const { figures, legend } = await numbers(page, "load");
    assert.equal(legend["1 min"], figures["1 min"]);
  });
});

pageTest("pointing at a time before the server started shows dashes in all panels, not zeros", {}, async ({ page, server }) => {
  await openLive(page, `${server.url}/?window=1h`);
  await chartsPainted(page);
  await page.locator("h1").scrollIntoViewIfNeeded();
  const now = await legends(page);
  assert.ok(Object.values(now).some((entries) => Object.values(entries).some((text) => text !== "–")));
  const box = await panel(page, "memory").locator(".chart").boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await eventually(async () => {
    const texts = Object.values(await legends(page)).flatMap((entries) => Object.values(entries));
    assert.deepEqual(texts.filter((text) => text !== "–"), []);
  });
  await page.mouse.move(2, 2);
  await eventually(async () => assert.notEqual((await numbers(page, "memory")).legend.used, "–"));
});
