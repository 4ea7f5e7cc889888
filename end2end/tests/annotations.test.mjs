// What was done, told in one request, is a mark on the charts of open pages.

import assert from "node:assert/strict";
import { findings } from "../support/axe.mjs";
import { rememberTexts } from "../support/canvas.mjs";
import { testBench } from "../support/case.mjs";
import { eventually } from "../support/conditions.mjs";
import { chartsPainted, isMarked, mark, openLive, panel } from "../support/overview.mjs";

const { pageTest } = testBench();

const CHARTS = ["cpu", "memory"];

/** Posts a form, as `curl` does, and gives what was added. */
async function post(server, fields) {
  const answer = await fetch(`${server.url}/api/annotations`, { method: "POST", body: new URLSearchParams(fields) });
  const { data } = await answer.json();
  assert.equal(answer.status, 200);
  return data;
}

async function remove(server, { id }) {
  const answer = await fetch(`${server.url}/api/admin/annotations/${id}`, { method: "DELETE" });
  assert.equal(answer.status, 200, await answer.text());
}

/** The words below a chart about a mark. */
function words(page, id, text) {
  return panel(page, id).locator(".marks li", { hasText: text });
}

/** The letters of marks on all canvases of a chart. */
function letters(page, id) {
  return panel(page, id).locator(".chart canvas").evaluateAll((layers) => layers.flatMap((layer) => layer.texts ?? []).filter((text) => ["D", "N", "R"].includes(text)));
}

pageTest("a deploy is a mark with its words on the charts of an open page, and goes when it is removed", {}, async ({ page, server }) => {
  await rememberTexts(page);
  await openLive(page, server.url);
  await chartsPainted(page);
  await mark(page);
  await panel(page, "cpu").scrollIntoViewIfNeeded();
  for (const id of CHARTS) {
    await eventually(async () => assert.ok(!(await letters(page, id)).includes("D"), `${id} has a deploy before there is one`));
  }
  const added = await post(server, { text: "deploy 1.4.2 <b>", kind: "deploy" });
  assert.deepEqual([added.text, added.kind], ["deploy 1.4.2 <b>", "deploy"]);
  for (const id of CHARTS) {
    await panel(page, id).scrollIntoViewIfNeeded();
    await words(page, id, "deploy 1.4.2 <b>").waitFor({ state: "attached" });
    assert.match(await words(page, id, "deploy 1.4.2").textContent(), /^Deploy \d\d:\d\d:\d\d: deploy 1\.4\.2 <b>$/);
    await eventually(async () => assert.ok((await letters(page, id)).includes("D"), `${id}: ${await letters(page, id)}`));
  }
  assert.deepEqual(await findings(page), []);

  await remove(server, added);
  for (const id of CHARTS) {
    await panel(page, id).scrollIntoViewIfNeeded();
    await words(page, id, "deploy 1.4.2").waitFor({ state: "detached" });
    await eventually(async () => assert.ok(!(await letters(page, id)).includes("D"), `${id}: ${await letters(page, id)}`));
  }
  assert.ok(await isMarked(page), "the page was loaded again");
});

pageTest("a page of the past has the marks of its time alone, and they go as well", {}, async ({ page, server }) => {
  await rememberTexts(page);
  const now = Date.now();
  const inside = await post(server, { text: "a note of then", kind: "note", time: now - 1_800_000 });
  const outside = await post(server, { text: "a deploy of later", kind: "deploy", time: now - 60_000 });
  await openLive(page, `${server.url}/trends?from=${now - 3_600_000}&to=${now - 600_000}`);
  await panel(page, "cpu").scrollIntoViewIfNeeded();
  await words(page, "cpu", "a note of then").waitFor({ state: "attached" });
  await eventually(async () => assert.deepEqual(await letters(page, "cpu"), ["N"]));
  assert.equal(await words(page, "cpu", "a deploy of later").count(), 0);

  await remove(server, inside);
  await words(page, "cpu", "a note of then").waitFor({ state: "detached" });
  await eventually(async () => assert.deepEqual(await letters(page, "cpu"), []));
  await remove(server, outside);
});
