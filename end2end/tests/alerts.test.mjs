// From the load of a processor to people who are told, and back: toasts, marks, the page of alerts and its forms.

import assert from "node:assert/strict";
import { writeFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { launchBrowser, withPage, WITHOUT_SCRIPTS } from "../support/browser.mjs";
import { eventually } from "../support/conditions.mjs";
import { startLoad } from "../support/load.mjs";
import { openLive, panel } from "../support/overview.mjs";
import { startReceiver } from "../support/receiver.mjs";
import { startServer } from "../support/server.mjs";

// An escalation takes a minute at least.
const ESCALATES_AFTER = 60;
const TIMEOUT = 300_000;

/** Two rules about the same load that are told apart, and somebody to tell. */
const config = (url) => `
[notifications]
group_wait_seconds = 0
[[notifications.routes]]
name = "load"
matchers = [{ label = "rule", operator = "=~", value = "load.*" }]
channels = ["first"]
escalate_after_seconds = ${ESCALATES_AFTER}
escalate_to = ["second"]
[[notifications.routes]]
name = "else"
channels = []
${["first", "second"].map((name) => `[channels.${name}]\nkind = "webhook"\nurl = "${url}/${name}"\n`).join("")}
${["a", "b"]
  .map(
    (name) => `[[rules]]
id = "load-${name}"
name = "Load ${name} of the test"
metric = "host_process_cpu_ratio"
matchers = [{ label = "command", operator = "=", value = "wg-load" }]
component = "load-${name}"
critical = 0.05
resolve_when_gone = true
summary = "The test keeps a processor busy."
action = "Wait until it is over."
`,
  )
  .join("")}`;

/** Runs `body` with a page, a server with that configuration, and the receiver of its messages. */
function alertsTest(name, options, body) {
  test(name, { timeout: TIMEOUT }, async () => {
    const folder = await mkdtemp(join(tmpdir(), "watchglass-rules-"));
    const receiver = await startReceiver();
    const browser = await launchBrowser();
    let server;
    try {
      const file = join(folder, "watchglass.toml");
      await writeFile(file, config(receiver.url));
      server = await startServer({ args: ["--config", file] });
      await withPage(browser, { name, ...options }, (page) => body({ page, server, receiver }));
    } finally {
      await browser.close();
      await server?.close();
      await receiver.close();
      await rm(folder, { recursive: true, force: true });
    }
  });
}

const says = (text) => (body) => JSON.stringify(body).includes(text);
const card = (page, text) => page.locator(".card", { hasText: text });
const toast = (page, text) => page.locator(".toast", { hasText: text });

alertsTest("real load raises an alert: a toast, a mark, a message; acknowledging stops the escalation; its end clears it", {}, async ({ page, server, receiver }) => {
  await openLive(page, server.url);
  const load = await startLoad("wg-load");
  try {
    await toast(page, "Load a of the test").waitFor();
    await toast(page, "Load b of the test").waitFor();
    assert.match(await toast(page, "Load a of the test").innerText(), /^Critical Load a of the test.* \(limit 5\.0\s%\)/);
    // Both are on the chart of their series, in words as well, and counted in the bar.
    const marks = panel(page, "top-cpu").locator(".marks li");
    await eventually(async () => assert.equal(await marks.count(), 2));
    assert.match(await marks.first().innerText(), /^Critical \d\d:\d\d:\d\d \(ongoing\): Load [ab] of the test/);
    await eventually(async () => assert.ok(Number(await page.locator(".top-bar .count").innerText()) >= 2));
    await receiver.toldOf("/first", says("Load a of the test"));
    await receiver.toldOf("/first", says("Load b of the test"));

    // One of the two is acknowledged, on its page, without a new page being loaded.
    await page.evaluate(() => (globalThis.isSamePage = true));
    await page.locator(".top-bar nav").getByRole("link", { name: /^Alerts/ }).click();
    const acknowledged = card(page, "Load a of the test");
    await acknowledged.getByLabel(/name/i).fill("Ada");
    await acknowledged.getByLabel(/^Comment/).fill("it is a test");
    await acknowledged.getByRole("button", { name: "Acknowledge" }).click();
    await page.locator(".flash.good").waitFor();
    assert.match(await card(page, "Load a of the test").locator(".states").innerText(), /Acknowledged by Ada .*: it is a test/s);
    assert.equal(await page.evaluate(() => globalThis.isSamePage), true);
    // Who it was is known the next time.
    assert.equal(await card(page, "Load b of the test").getByLabel(/name/i).inputValue(), "Ada");

    // The other is escalated. What fired in the same moment and was acknowledged is not.
    await receiver.toldOf("/second", says("Load b of the test"), 2 * ESCALATES_AFTER * 1000);
    assert.ok(!receiver.told.some(({ path, body }) => path === "/second" && says("Load a of the test")(body)), JSON.stringify(receiver.told));
  } finally {
    await load.stop();
  }
  // The page is told that it is over, and those who were told that it began.
  await toast(page, "Resolved").first().waitFor();
  await eventually(async () => assert.equal(await page.locator(".card", { hasText: "of the test" }).count(), 0));
  await receiver.toldOf("/first", says("[RESOLVED] Load a of the test"));
  await receiver.toldOf("/second", says("[RESOLVED] Load b of the test"));
  await page.getByRole("link", { name: "History", exact: true }).click();
  await page.locator("main", { hasText: "Load a of the test" }).waitFor();
  assert.match(page.url(), /\/alerts\?view=history$/);
  await page.goBack();
  await page.waitForFunction(() => document.querySelector(".alerts-page")?.dataset.view === "active");
});

alertsTest("what is typed into a form stays while the page is brought up to date", {}, async ({ page, server }) => {
  await openLive(page, `${server.url}/alerts?view=silences`);
  const load = await startLoad("wg-load");
  try {
    const reason = page.locator("#silence-why");
    const monday = page.locator("#silence-day-monday");
    await page.locator("details", { has: monday }).locator("summary").click();
    await monday.check();
    await reason.fill("new di");
    // Alerts begin, and the counts in the tabs change with them.
    await page.locator(".tabs .count").first().filter({ hasText: /^[1-9]/ }).waitFor();
    assert.equal(await reason.inputValue(), "new di");
    assert.equal(await reason.evaluate((field) => document.activeElement === field), true);
    await reason.pressSequentially("sks");
    assert.equal(await reason.inputValue(), "new disks");
    assert.equal(await monday.isChecked(), true);
  } finally {
    await load.stop();
  }
});

alertsTest("without scripts the forms work as well", WITHOUT_SCRIPTS, async ({ page, server, receiver }) => {
  const load = await startLoad("wg-load");
  try {
    await receiver.toldOf("/first", says("Load b of the test"));
    await page.goto(`${server.url}/alerts`);
    const first = card(page, "Load b of the test");
    await first.getByLabel(/name/i).fill("Grace");
    await first.getByRole("button", { name: "Silence for 2 h" }).click();
    assert.match(await card(page, "Load b of the test").locator(".states").innerText(), /Silenced until .* by Grace/s);
  } finally {
    await load.stop();
  }
});

alertsTest("a rule is tried on the past, saved, and stays as it was typed when it cannot be", { allow: [/status 400/, /Failed to load resource.*400/] }, async ({ page, server }) => {
  await openLive(page, `${server.url}/alerts?view=rule&id=memory`);
  await page.evaluate(() => (globalThis.isSamePage = true));
  const warning = page.getByLabel("Warning threshold");
  await warning.fill("much");
  await page.getByRole("button", { name: "Save rule" }).click();
  await page.locator(".flash.bad").waitFor();
  assert.equal(await warning.inputValue(), "much");
  // It is there to be read, also when the page is brought up to date.
  assert.equal(await page.locator("[data-keep]").count(), 1);

  // Below the critical threshold, which is 95 %.
  await warning.fill("94 %");
  await page.getByLabel("Recovery threshold").fill("93 %");
  await page.getByRole("button", { name: /^Preview/ }).click();
  await page.locator('[data-part="preview"]').waitFor();
  await page.locator(".flash.bad").waitFor({ state: "detached" });
  assert.equal(await warning.inputValue(), "94 %");

  await page.getByRole("button", { name: "Save rule" }).click();
  await eventually(async () => {
    const { data } = await (await fetch(`${server.url}/api/admin/rules/memory`)).json();
    assert.deepEqual([data.warning, data.recovery, data.origin], [0.94, 0.93, "changed"]);
  });
  await page.locator(".flash.good").waitFor();
  assert.equal(await page.evaluate(() => globalThis.isSamePage), true);
});

alertsTest("a rule that was made has an address: it is there when the page is brought up to date", {}, async ({ page, server }) => {
  await openLive(page, `${server.url}/alerts?view=rules`);
  await page.getByRole("link", { name: /new rule/i }).click();
  const fields = { id: "many", name: "Many processes", metric: "host_processes", component: "host", warning: "100000" };
  for (const [name, value] of Object.entries(fields)) {
    await page.locator(`input[type="text"][name="${name}"]`).fill(value);
  }
  await page.getByRole("button", { name: "Save rule" }).click();
  await page.locator(".flash.good").waitFor();
  assert.doesNotMatch(page.url(), /new/);
  await page.locator("main", { hasText: "Many processes" }).waitFor();
  // Long enough for the page to have been asked for again.
  const again = page.waitForResponse((response) => response.url().includes("/api/fragment/alerts"));
  assert.doesNotMatch((await again).url(), /new/);
  await page.locator("main", { hasText: "Many processes" }).waitFor();
});

alertsTest("an alert is shown on the desktop when nobody looks at the page and the reader has allowed it", {}, async ({ page, server }) => {
  // The browser of the tests has no desktop: what it would be asked to show is taken down.
  await page.addInitScript(() => {
    globalThis.shown = [];
    globalThis.Notification = class {
      static permission = "default";
      static async requestPermission() {
        this.permission = "granted";
        return "granted";
      }
      constructor(title, { body }) {
        globalThis.shown.push(`${title}: ${body}`);
      }
    };
  });
  await openLive(page, `${server.url}/alerts?view=channels`);
  const button = page.locator("#notifications");
  assert.equal(await button.innerText(), "Enable");
  await button.click();
  await page.locator("#notifications", { hasText: "Enabled" }).waitFor();
  await page.evaluate(() => Object.defineProperty(document, "visibilityState", { get: () => "hidden" }));
  const load = await startLoad("wg-load");
  try {
    await page.waitForFunction(() => globalThis.shown.some((text) => text.startsWith("Watchglass: Critical: Load a of the test")));
  } finally {
    await load.stop();
  }
});
