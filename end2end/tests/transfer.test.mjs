// What a visit costs.

import assert from "node:assert/strict";
import { get } from "node:http";
import { test } from "node:test";
import { chartsPainted, live, openLive, ticks } from "../support/overview.mjs";
import { bytesOf, watchTransfer } from "../support/transfer.mjs";
import { testBench } from "../support/case.mjs";

const bench = testBench();
const { pageTest } = bench;

const WHOLE = 350_000;
const PROGRAM = 300_000;

/** What every page is made of, beside its own text: one file each. */
const KINDS = [".css", ".js", ".wasm"];

/** A request as it is, without what a browser or `fetch` would do to it. */
function raw(url, headers) {
  return new Promise((resolve, reject) => {
    get(url, { headers, agent: false }, (response) => {
      let length = 0;
      response.on("data", (chunk) => (length += chunk.length));
      response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, length }));
    }).once("error", reject);
  });
}

/** Paths of everything that the overview links to as its own. */
async function assets(server) {
  const html = await (await fetch(server.url)).text();
  const links = [...html.matchAll(/<link rel="(?:stylesheet|modulepreload|preload)" href="([^"]+)"/g)].map(([, href]) => href);
  assert.ok(links.some((href) => href.endsWith(".wasm")) && links.some((href) => href.endsWith(".css")), `${links}`);
  return [...new Set(links)];
}

pageTest("a first visit loads no more than 350 kB, and the program is no more than 300 kB of it", {}, async ({ page, server }) => {
  const requests = await watchTransfer(page);
  await openLive(page, server.url);
  await chartsPainted(page);
  await ticks(page, 2);
  const list = requests.map(({ url, bytes }) => `${bytes} ${url}`).join("\n");
  const programs = requests.filter(({ url }) => url.endsWith(".wasm"));
  assert.equal(programs.length, 1, `the program is loaded once:\n${list}`);
  assert.ok(programs[0].bytes > 0 && programs[0].bytes <= PROGRAM, list);
  for (const kind of KINDS) assert.equal(requests.filter(({ url }) => url.endsWith(kind)).length, 1, `one ${kind}:\n${list}`);
  assert.ok(bytesOf(requests) <= WHOLE, `${bytesOf(requests)} bytes:\n${list}`);
});

pageTest("everything is loaded once, and from this server", {}, async ({ page, server }) => {
  const requests = await watchTransfer(page);
  await openLive(page, server.url);
  await ticks(page, 2);
  const urls = requests.map(({ url }) => url);
  assert.deepEqual(urls.filter((url) => !url.startsWith(`${server.url}/`)), []);
  const files = urls.filter((url) => !url.includes("/api/"));
  assert.deepEqual(files.filter((url, at) => files.indexOf(url) !== at), []);
});

pageTest("a second visit loads no asset again", {}, async ({ page, server, context }) => {
  await openLive(page, server.url);
  const again = await context.newPage();
  const requests = await watchTransfer(again);
  await openLive(again, server.url);
  await chartsPainted(again);
  const immutable = requests.filter(({ headers }) => /immutable/.test(headers["cache-control"] ?? headers["Cache-Control"]));
  for (const kind of KINDS) assert.ok(immutable.some(({ url }) => url.endsWith(kind)), `no ${kind} is immutable`);
  assert.deepEqual(immutable.filter(({ cached }) => !cached).map(({ url }) => url), []);
});

pageTest("a reload loads no asset again", {}, async ({ page, server }) => {
  await openLive(page, server.url);
  const requests = await watchTransfer(page);
  await page.reload();
  await live(page);
  await chartsPainted(page);
  const immutable = requests.filter(({ headers }) => /immutable/.test(headers["cache-control"] ?? headers["Cache-Control"]));
  for (const kind of KINDS) assert.ok(immutable.some(({ url }) => url.endsWith(kind)), `no ${kind} is immutable`);
  assert.deepEqual(immutable.filter(({ cached }) => !cached).map(({ url }) => url), []);
});

test("assets are brotli, immutable, and not sent to who has them", async () => {
  for (const path of await assets(bench.server)) {
    const url = bench.server.url + path;
    const first = await raw(url, { "accept-encoding": "gzip, br" });
    assert.equal(first.status, 200, path);
    assert.equal(first.headers["content-encoding"], "br", path);
    assert.match(first.headers["cache-control"], /immutable/, path);
    assert.match(first.headers["vary"], /accept-encoding/i, path);
    assert.ok(first.headers.etag, path);
    const plain = await raw(url, { "accept-encoding": "identity" });
    assert.equal(plain.headers["content-encoding"], undefined, path);
    assert.ok(plain.length > first.length, `${path}: ${plain.length} plain, ${first.length} in brotli`);
    const second = await raw(url, { "if-none-match": first.headers.etag });
    assert.deepEqual([second.status, second.length], [304, 0], path);
    const other = await raw(url, { "if-none-match": '"other"' });
    assert.equal(other.status, 200, path);
  }
});
