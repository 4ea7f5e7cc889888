// The overview comes to life and stays alive.

import assert from "node:assert/strict";
import { eventually } from "../support/conditions.mjs";
import { fingerprint, inked } from "../support/canvas.mjs";
import { filledPanels, history, legend, snapshot } from "../support/api.mjs";
import { WITHOUT_LINES, badge, chartsPainted, clock, live, openLive, panel, panels, ticks } from "../support/overview.mjs";
import { testBench } from "../support/case.mjs";

const { pageTest } = testBench();

pageTest("the badge says Live and the page hydrates without a word on the console", {}, async ({ page, server }) => {
  await page.goto(server.url);
  await live(page);
  assert.equal(await badge(page), "Live");
  // Two more ticks: what is wrong with the first frames has been said by then.
  await ticks(page, 2);
});

pageTest("every panel that has a series is shown, with a painted chart; the others stay away", {}, async ({ page, server }) => {
  await openLive(page, server.url);
  let filled;
  await eventually(async () => {
    filled = filledPanels(await snapshot(server));
    assert.deepEqual(await panels(page), filled);
  });
  for (const id of ["cpu", "memory", "load"]) {
    assert.ok(filled.includes(id), `${id} is not there`);
  }
  for (const id of await chartsPainted(page)) {
    const lines = legend(await snapshot(server), id).map((line) => line.series);
    const { tracks } = await history(server);
    const values = (track) => track.low.filter((value) => value !== null).length;
    const isDrawn = !WITHOUT_LINES.includes(id) && tracks.some((track) => lines.includes(track.series) && values(track) > 1);
    await eventually(async () => {
      assert.ok((await inked(page, id, "axes")) > 0, `no axes in the chart of ${id}`);
      assert.ok(!isDrawn || (await inked(page, id, "series")) > 0, `no series in the chart of ${id}`);
    });
  }
});

pageTest("the clock advances with every tick", {}, async ({ page, server }) => {
  await openLive(page, server.url);
  await ticks(page);
  const first = await clock(page);
  assert.match(first, /^\d\d:\d\d:\d\d$/);
  await ticks(page, 2);
  assert.notEqual(await clock(page), first);
});

pageTest("a chart moves: its pixels change from tick to tick", {}, async ({ page, server }) => {
  await openLive(page, server.url);
  const [id] = await chartsPainted(page);
  // A chart out of sight is not drawn.
  await panel(page, id).scrollIntoViewIfNeeded();
  let before = await fingerprint(page, id, "series");
  for (let change = 0; change < 3; change += 1) {
    await ticks(page);
    before = await eventually(async () => {
      const after = await fingerprint(page, id, "series");
      assert.notEqual(after, before, "the series look as they did a tick before");
      return after;
    });
  }
});

pageTest("the title names page and program", {}, async ({ page, server }) => {
  await openLive(page, server.url);
  assert.equal(await page.title(), "Overview · Watchglass");
});
