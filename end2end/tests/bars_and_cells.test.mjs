// Charts that are no lines: bars for counts that are mostly zero, and cells for how latencies are distributed.

import assert from "node:assert/strict";
import { cssColour, hasColour, inked } from "../support/canvas.mjs";
import { testBench } from "../support/case.mjs";
import { eventually } from "../support/conditions.mjs";
import { openLive, panel, ticks } from "../support/overview.mjs";
import { netDev } from "../support/proc_copy.mjs";

const { pageTest, outageTest } = testBench();

/** A network device on which so many packets were received with an error. */
const withErrors = (errors) => netDev("eth0", 1000, errors);

async function painted(page, id) {
  await panel(page, id).locator(".chart").scrollIntoViewIfNeeded();
  await panel(page, id).locator(".chart[data-painted]").waitFor();
}

outageTest("errors of the network are a bar, and none are nothing", { proc: { "1/net/dev": withErrors(0) } }, async ({ page, server, proc }) => {
  await openLive(page, server.url);
  await painted(page, "network-errors");
  await ticks(page, 3);
  assert.equal(await inked(page, "network-errors", "series"), 0);
  await proc.write("1/net/dev", withErrors(50));
  await eventually(async () => assert.ok((await inked(page, "network-errors", "series")) > 0, "there is no bar"));
});

pageTest("answers are a cell in the row of their latency, and the legend names the rows", {}, async ({ page, server }) => {
  const id = "request-distribution";
  await openLive(page, `${server.url}/performance`);
  await painted(page, id);
  const rows = await panel(page, id).locator(".legend .name").allInnerTexts();
  assert.ok(rows.length >= 10 && rows[0] === "1 ms" && rows.at(-1) === "longer", `${rows}`);
  const tint = await cssColour(page, "--series-0");
  await eventually(async () => {
    await Promise.all(Array.from({ length: 20 }, () => fetch(`${server.url}/api/live`)));
    assert.ok(await hasColour(page, id, "series", tint), "no cell has the tint of many answers");
  });
});
