// A probe that cannot read: its numbers are missing, never zero, and everything else goes on.

import assert from "node:assert/strict";
import { eventually } from "../support/conditions.mjs";
import { WITHOUT_SCRIPTS } from "../support/browser.mjs";
import { history, legend, snapshot } from "../support/api.mjs";
import { chartsPainted, live, numbers, openLive, ticks } from "../support/overview.mjs";
import { diskLine, netDev } from "../support/proc_copy.mjs";
import { testBench } from "../support/case.mjs";

const { outageTest } = testBench({ ownServers: true });

const DISK = diskLine("sda", 1000);

function values(numbers) {
  return [...Object.values(numbers.figures), ...Object.values(numbers.legend)];
}

async function assertDash(page, ids) {
  await eventually(async () => {
    for (const id of ids) {
      assert.ok(values(await numbers(page, id)).every((text) => text === "–"), `${id} shows a value that there is not`);
    }
  });
}

async function assertZero(page, ids) {
  await eventually(async () => {
    for (const id of ids) {
      const shown = values(await numbers(page, id));
      assert.ok(shown.length > 0 && shown.every((text) => /^0\u00a0/.test(text)), `${id} shows ${shown}, not zero`);
    }
  });
}

async function assertOthersGoOn(page) {
  await ticks(page, 2);
  for (const id of ["cpu", "memory", "load"]) {
    const shown = values(await numbers(page, id));
    assert.ok(shown.length > 0 && shown.every((text) => text !== "–"), `${id} shows ${shown}`);
  }
}

const DISK_PANELS = ["disk-io", "disk-busy"];

outageTest("a file that no longer makes sense: the probe is named with the reason, its panels show dashes, the others go on", { proc: { diskstats: DISK } }, async ({ page, server, proc }) => {
  await openLive(page, server.url);
  await assertZero(page, DISK_PANELS);
  const notices = page.locator(".problems li");
  assert.equal(await notices.count(), 0);

  await proc.write("diskstats", "   8       0 sda seven\n");
  await notices.first().waitFor();
  assert.equal(await notices.count(), 1);
  const text = await notices.first().innerText();
  assert.match(text, /^disk: no data since \d\d:\d\d:\d\d – /);
  assert.ok(text.includes(`${proc.path}/diskstats`), `the notice does not name the file: ${text}`);
  await assertDash(page, DISK_PANELS);
  await assertOthersGoOn(page);

  await proc.write("diskstats", DISK);
  await notices.first().waitFor({ state: "detached" });
  await assertZero(page, DISK_PANELS);
});

outageTest("a file that is missing from the start: the probe is named, and recovers when the file is there", { proc: { diskstats: DISK } }, async ({ page, server, proc }) => {
  await server.end("SIGTERM");
  await proc.remove("diskstats");
  await server.start();
  await openLive(page, server.url);
  const notices = page.locator(".problems li");
  await notices.first().waitFor();
  assert.match(await notices.first().innerText(), /^disk: no data since .*diskstats.*No such file/);
  await assertDash(page, DISK_PANELS);
  await assertOthersGoOn(page);

  await proc.putBack("diskstats");
  await notices.first().waitFor({ state: "detached" });
  await assertZero(page, DISK_PANELS);
});

outageTest("the page that the server renders names the failing probe too", { ...WITHOUT_SCRIPTS, proc: { diskstats: DISK } }, async ({ page, server, proc }) => {
  await proc.write("diskstats", "nonsense\n");
  await eventually(async () => {
    assert.equal((await snapshot(server)).state.problems.length, 1);
  });
  await page.goto(server.url);
  assert.match(await page.locator(".problems li").innerText(), /^disk: no data since \d\d:\d\d:\d\d UTC – /);
});

outageTest("the time in which a probe failed stays a gap", { proc: { diskstats: DISK } }, async ({ page, server, proc }) => {
  await openLive(page, server.url);
  await ticks(page, 3);
  await proc.write("diskstats", "nonsense\n");
  await page.locator(".problems li").waitFor();
  await ticks(page, 3);
  await proc.write("diskstats", DISK);
  await page.locator(".problems li").waitFor({ state: "detached" });
  await ticks(page, 3);
  await chartsPainted(page);

  const { tracks } = await history(server);
  const [line] = legend(await snapshot(server), "disk-busy");
  const { low } = tracks.find((track) => track.series === line.series);
  const first = low.findIndex((value) => value !== null);
  const last = low.findLastIndex((value) => value !== null);
  assert.ok(low.slice(first, last).filter((value) => value === null).length >= 3, `no gap in ${low.slice(first)}`);
});

const ONE_DISK = { diskstats: diskLine("sda", 7e9), "1/net/dev": netDev("eth0", 9e12) };

outageTest("a restart with another set of devices mixes up no numbers", { proc: ONE_DISK, allow: [/^console error: WebSocket connection/, /history/, /fragment/] }, async ({ page, server, proc }) => {
  await openLive(page, server.url);
  await assertZero(page, ["disk-io", "network"]);
  // The counters stand still, before and after: any rate but zero would be one series' value taken for another's.
  await page.evaluate(() => {
    globalThis.shown = new Set();
    const look = () => {
      for (const number of document.querySelectorAll('[data-panel="disk-io"] .number, [data-panel="network"] .number')) {
        globalThis.shown.add(number.textContent);
      }
      requestAnimationFrame(look);
    };
    look();
  });
  await server.end("SIGKILL");
  await proc.write("diskstats", diskLine("nvme0n1", 5e9) + diskLine("sda", 7e9));
  await server.start();
  await live(page);
  await page.locator('[data-panel="disk-io"] .legend .name', { hasText: "nvme0n1 read" }).waitFor();
  await ticks(page, 3);
  const wrong = (await page.evaluate(() => [...globalThis.shown])).filter((text) => text !== "–" && !/^0\u00a0/.test(text));
  assert.deepEqual(wrong, []);
  assert.deepEqual(Object.keys((await numbers(page, "network")).legend), ["eth0 received", "eth0 sent"]);
});
