// The server goes away and comes back while a page is open, or the network does.

import assert from "node:assert/strict";
import { eventually } from "../support/conditions.mjs";
import { filledRows, history } from "../support/api.mjs";
import { inked } from "../support/canvas.mjs";
import { badge, chartsPainted, isMarked, live, mark, numbers, openLive, panels, state, ticks } from "../support/overview.mjs";
import { testBench } from "../support/case.mjs";

const { outageTest } = testBench({ ownServers: true });

// While the server or the network is away the browser reports each attempt to connect, and what was on its way.
const AWAY = [
  /^console error: WebSocket connection to 'ws:.*' failed/,
  /^console error: Failed to load resource: net::/,
  /^console warning: could not fetch history/,
  /^console warning: could not refresh the fragment/,
  /^request failed: .*\/(api\/fn\/history\?|api\/fragment\/|favicon\.svg)/,
];

const AGE = /^(Stale|Reconnecting|Offline) · data \d+\u00a0(s|min) old$/;

/** Ids of the panels whose charts have lines. */
async function drawn(page) {
  const found = [];
  for (const id of await panels(page)) {
    if ((await inked(page, id, "series")) > 0) {
      found.push(id);
    }
  }
  assert.ok(found.includes("cpu") && found.includes("memory"), `only ${found} have lines`);
  return found;
}

async function assertStillDrawn(page, before) {
  for (const id of before) {
    assert.ok((await inked(page, id, "axes")) > 0 && (await inked(page, id, "series")) > 0, `the chart of ${id} is gone`);
  }
}

async function outage({ page, server }, signal) {
  await openLive(page, server.url);
  await ticks(page, 2);
  await chartsPainted(page);
  await mark(page);
  const before = await drawn(page);
  const ended = await server.end(signal);
  const gone = Date.now();
  await state(page, "stale", "reconnecting");
  await eventually(async () => assert.match(await badge(page), AGE));
  await assertStillDrawn(page, before);
  const restarted = Date.now();
  await server.start();
  await live(page);
  assert.equal(await badge(page), "Live");
  await ticks(page, 2);
  assert.ok(await isMarked(page), "the page was loaded again");
  return { ended, gone, restarted };
}

outageTest("a killed server: the page says how old its data is, keeps its charts, and is live again by itself", { allow: AWAY }, async (given) => {
  const { ended } = await outage(given, "SIGKILL");
  assert.equal(ended.signal, "SIGKILL");
});

outageTest("a stopped server ends with exit code 0, and the page is live again after its restart", { allow: AWAY }, async (given) => {
  const { ended } = await outage(given, "SIGTERM");
  assert.deepEqual(ended, { code: 0, signal: null });
});

outageTest("the time without a server stays a gap", { allow: AWAY }, async (given) => {
  const { gone, restarted } = await outage(given, "SIGKILL");
  const rows = filledRows(await history(given.server));
  assert.ok(rows.some((row) => row < gone), "the history forgot what was before");
  assert.ok(rows.some((row) => row > restarted - 1000), "the history has nothing of after");
  // Rows are whole seconds: the one in which the server ended, and the one in which it started, may have values.
  const between = rows.filter((row) => row > gone && row < restarted - 1000);
  assert.deepEqual(between, [], "the history has values of the time when there was no server");
});

outageTest("the age of the data grows while the server is away", { allow: AWAY }, async ({ page, server }) => {
  await openLive(page, server.url);
  await server.end("SIGKILL");
  await eventually(async () => assert.match(await badge(page), AGE));
  const first = await badge(page);
  await eventually(async () => {
    const later = await badge(page);
    assert.match(later, AGE);
    assert.notEqual(later, first);
  });
});

outageTest("a browser without network says Offline, and is live again with it", { allow: AWAY }, async ({ page, context, server }) => {
  await openLive(page, server.url);
  await ticks(page);
  await mark(page);
  await context.setOffline(true);
  await state(page, "offline");
  await eventually(async () => assert.match(await badge(page), AGE));
  await context.setOffline(false);
  await live(page);
  await ticks(page, 2);
  assert.ok(await isMarked(page), "the page was loaded again");
});

outageTest("after a restart the numbers are of the same things as before", { allow: AWAY }, async (given) => {
  const { page } = given;
  await openLive(page, given.server.url);
  const before = await numbers(page, "memory");
  await outage(given, "SIGKILL");
  await eventually(async () => {
    const after = await numbers(page, "memory");
    assert.equal(after.details.total, before.details.total);
    assert.deepEqual(Object.keys(after.legend), Object.keys(before.legend));
  });
});
