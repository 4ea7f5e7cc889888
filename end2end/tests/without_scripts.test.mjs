// What a reader sees before the program runs, or without it.

import assert from "node:assert/strict";
import { WITHOUT_SCRIPTS } from "../support/browser.mjs";
import { eventually } from "../support/conditions.mjs";
import { filledRows, history } from "../support/api.mjs";
import { numbers, panels } from "../support/overview.mjs";
import { testBench } from "../support/case.mjs";

const { pageTest } = testBench();

async function open(page, server, path = "/") {
  await eventually(async () => assert.ok(filledRows(await history(server)).length >= 6));
  await page.goto(server.url + path);
}

pageTest("the numbers are there", WITHOUT_SCRIPTS, async ({ page, server }) => {
  await open(page, server);
  const ids = await panels(page);
  assert.ok(ids.length > 0);
  for (const id of ["cpu", "memory", "load"]) {
    const { figures, legend } = await numbers(page, id);
    const texts = [...Object.values(figures), ...Object.values(legend)];
    assert.ok(texts.length > 1 && texts.every((text) => text !== "–"), `${id}: ${texts}`);
  }
});

pageTest("the server draws the lines of the charts", WITHOUT_SCRIPTS, async ({ page, server }) => {
  // A panel whose chart has no series yet, as of a host without disks, has no lines either.
  await open(page, server);
  for (const id of ["cpu", "memory", "load"]) {
    const lines = await page.locator(`[data-panel="${id}"] svg .line`).evaluateAll((lines) =>
      lines.map((line) => ({ length: line.getTotalLength(), stroke: getComputedStyle(line).stroke, seen: line.checkVisibility() })),
    );
    assert.ok(lines.length > 0, `the chart of ${id} has no lines`);
    for (const line of lines) {
      assert.ok(line.seen && line.length > 0.5 && line.stroke !== "none", `${id}: ${JSON.stringify(line)}`);
    }
  }
});

pageTest("a note says that live updates need JavaScript", WITHOUT_SCRIPTS, async ({ page, server }) => {
  await open(page, server);
  const note = page.locator("noscript .notice");
  assert.match(await note.innerText(), /Live updates need JavaScript/);
  assert.ok(await note.isVisible());
});

pageTest("the badge claims no live connection", WITHOUT_SCRIPTS, async ({ page, server }) => {
  await open(page, server);
  assert.equal(await page.locator(".connection .word").innerText(), "Snapshot");
});

pageTest("the window can be chosen", WITHOUT_SCRIPTS, async ({ page, server }) => {
  await open(page, server);
  await page.locator(".choices a", { hasText: "15m" }).click();
  await page.waitForURL(`${server.url}/?window=15m`);
  assert.deepEqual(await page.locator('.choices [aria-current="true"]').allInnerTexts(), ["15m"]);
});
