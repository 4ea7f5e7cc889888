// The page of alerts for those who do not see it, or not all of it: every view, in both themes, wide and narrow.

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { findings } from "../support/axe.mjs";
import { launchBrowser, withPage } from "../support/browser.mjs";
import { eventually } from "../support/conditions.mjs";
import { startServer } from "../support/server.mjs";

const TIMEOUT = 300_000;

// What depends on how busy this machine is.
const OFF = ["cpu", "memory", "response-time", "response-time-high", "errors"].map((id) => `[[rules]]\nid = "${id}"\nenabled = false\n`);

// Always broken on any machine: one fires, one waits.
const CONFIG = `
[channels.hook]
kind = "webhook"
url = "http://127.0.0.1:9/nobody"
[[notifications.routes]]
name = "nobody"
channels = []
[[rules]]
id = "fires"
name = "Some memory"
metric = "host_memory_used_ratio"
component = "memory"
critical = 0.0001
summary = "It is for the test."
action = "Wait until it is over."
runbook = "https://example.com/runbook"
[[rules]]
id = "waits"
name = "Memory for an hour"
metric = "host_memory_used_ratio"
component = "memory"
warning = 0.0001
for_seconds = 3600
${OFF.join("")}`;

/** Where each view is, and a text that it has. */
const VIEWS = {
  active: ["/alerts", "waiting for the pending period"],
  "one rule": ["/alerts?rule=fires", "Filtered by rule"],
  "nothing wrong": ["/alerts?rule=disk", "No active alerts for this rule."],
  history: ["/alerts?view=history", "Passing"],
  rules: ["/alerts?view=rules", "Memory for an hour"],
  "a rule": ["/alerts?view=rule&id=disk", "Warning threshold"],
  "a locked rule": ["/alerts?view=rule&id=fires", "Some memory"],
  "a new rule": ["/alerts?view=rule&new", "Warning threshold"],
  silences: ["/alerts?view=silences", "moving house"],
  channels: ["/alerts?view=channels", "hook"],
  deliveries: ["/alerts?view=deliveries", "Deliveries"],
};

let folder, browser, server;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "watchglass-axe-"));
  const file = join(folder, "watchglass.toml");
  await writeFile(file, CONFIG);
  browser = await launchBrowser();
  server = await startServer({ args: ["--config", file] });
  await ask("POST", "/silences", { id: "house", author: "Ada", reason: "moving house", matchers: [{ label: "rule", operator: "=", value: "else" }] });
  // One that has been.
  await ask("POST", "/rules", { id: "passing", name: "Passing", metric: "host_memory_used_ratio", component: "memory", warning: 0.0001 });
  await eventually(async () => assert.ok((await alerts("")).some(({ rule }) => rule === "passing")));
  await ask("DELETE", "/rules/passing");
  await eventually(async () => assert.ok((await alerts("?history=true")).some(({ rule }) => rule === "passing")));
});

after(async () => {
  await browser?.close();
  await server?.close();
  await rm(folder, { recursive: true, force: true });
});

async function ask(method, path, body) {
  const answer = await fetch(`${server.url}/api/admin${path}`, { method, headers: { "content-type": "application/json" }, body: body && JSON.stringify(body) });
  assert.equal(answer.status, 200, await answer.text());
}

async function alerts(query) {
  const answer = await fetch(`${server.url}/api/admin/system/alerts/${query}`);
  return (await answer.json()).data.alerts;
}

for (const colorScheme of ["dark", "light"]) {
  for (const width of [1440, 390]) {
    const name = `axe finds nothing in any view, ${colorScheme}, ${width} wide`;
    test(name, { timeout: TIMEOUT }, () =>
      withPage(browser, { name, context: { colorScheme, viewport: { width, height: 900 } } }, async (page) => {
        for (const [view, [path, text]] of Object.entries(VIEWS)) {
          await page.goto(server.url + path);
          await page.locator("main", { hasText: text }).waitFor();
          assert.deepEqual(await findings(page), [], view);
          const [inner, outer] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
          assert.ok(inner <= outer, `${view} is ${inner} wide in a window of ${outer}`);
        }
      }),
    );
  }
}
