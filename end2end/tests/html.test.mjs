// Every document of the server is valid HTML: those that links lead to, signed in, and those that are shown signed out.

import assert from "node:assert/strict";
import { writeFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { eventually } from "../support/conditions.mjs";
import { errors } from "../support/nu.mjs";
import { startPostgres } from "../support/postgres.mjs";
import { startRedis } from "../support/redis.mjs";
import { startServer } from "../support/server.mjs";
import { fetchSignedOut } from "../support/signed_in.mjs";

const TIMEOUT = 300_000;
/** Documents to read at most: links that differ in values only count once. */
const MAX_DOCUMENTS = 150;
const AS_A_BROWSER = { accept: "text/html" };
/** A rule that fires at once, and one that cannot. */
const RULES = `
${["some", "no"]
  .map(
    (id) => `[[rules]]
id = "${id}-memory"
name = "Some <memory> & more"
metric = "host_memory_used_ratio"
component = "memory"
critical = ${id === "no" ? 1000 : 0.0001}
summary = "It is used."
action = "Nothing."
`,
  )
  .join("")}
[channels.hook]
kind = "webhook"
url = "http://127.0.0.1:9/"
[notifications]
group_wait_seconds = 0
[[notifications.routes]]
name = "all"
channels = ["hook"]
`;
/** Addresses that no link of a page leads to. */
const UNLINKED = ["/?kiosk=1", "/no-such-page", "/action/abc", "/api/snapshot.html", "/api/docs", "/search?q=cpu", "/layout"];
/** Addresses that the links must have led to. */
const KNOWN = ["/trends", "/alerts?view=history", "/alerts?view=silences", "/database", "/cache", "/performance", "/processes", "/settings?view=users", "/settings?view=audit"];
/** Parameters whose values make another document. */
const KINDS = ["view", "tab"];

/** Address without what only selects rows or times. */
function kind(address) {
  const url = new URL(address);
  const names = [...url.searchParams].map(([name, value]) => (KINDS.includes(name) ? `${name}=${value}` : name));
  return `${url.pathname}?${names.toSorted().join("&")}`;
}

/** The documents that can be reached from `addresses` by links. */
async function documents(server, addresses) {
  const waiting = addresses.map((address) => new URL(address, server.url).href);
  const seen = new Set(waiting.map(kind));
  const found = [];
  while (waiting.length > 0 && found.length < MAX_DOCUMENTS) {
    const address = waiting.shift();
    const response = await fetch(address, { headers: AS_A_BROWSER });
    if (!response.headers.get("content-type")?.startsWith("text/html")) {
      await response.body?.cancel();
      continue;
    }
    const html = await response.text();
    found.push({ name: address.slice(server.url.length), html });
    for (const [, href] of html.matchAll(/<a [^>]*?href="([^"#]+)/g)) {
      const next = new URL(href.replaceAll("&amp;", "&"), address);
      if (next.origin === server.url && !seen.has(kind(next.href))) {
        seen.add(kind(next.href));
        waiting.push(next.href);
      }
    }
  }
  return found;
}

/** Makes a row for each list. */
async function fill(server) {
  const send = async (path, body) => {
    const headers = { "content-type": "application/json" };
    const response = await fetch(server.url + path, { method: "POST", headers, body: JSON.stringify(body) });
    assert.ok(response.ok, `${path}: ${await response.text()}`);
  };
  await send("/api/admin/silences", { matchers: [{ label: "rule", operator: "=", value: "no-memory" }], reason: "a <test>", author: "Ada" });
  await send("/api/admin/tokens", { name: "a <token>", role: "viewer" });
  await send("/api/admin/users", { name: "grace", role: "viewer", password: "only for these tests" });
  await send("/api/admin/annotations", { text: "deploy <1.2>" });
  await eventually(async () => {
    const answer = await fetch(`${server.url}/api/admin/system/alerts`);
    assert.ok((await answer.json()).data.alerts.some(({ rule }) => rule === "some-memory"));
  });
}

test("no document has an error", { timeout: TIMEOUT }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "watchglass-html-"));
  const [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
  let server;
  try {
    const file = join(folder, "watchglass.toml");
    await writeFile(file, RULES);
    server = await startServer({ args: ["--config", file, ...postgres.args, ...redis.args] });
    await fill(server);
    const signedIn = await documents(server, ["/", ...UNLINKED]);
    const names = signedIn.map(({ name }) => name);
    for (const address of KNOWN) {
      assert.ok(names.includes(address), `${address} is not among ${names.join(" ")}`);
    }
    const signedOut = [];
    for (const address of ["/", "/login", "/settings", "/action/abc", "/no-such-page"]) {
      const response = await fetchSignedOut(server.url + address, { headers: AS_A_BROWSER });
      signedOut.push({ name: `${address} signed out`, html: await response.text() });
    }
    assert.deepEqual(await errors([...signedIn, ...signedOut]), []);
  } finally {
    await server?.close();
    await Promise.all([postgres.close(), redis.close()]);
    await rm(folder, { recursive: true, force: true });
  }
});
