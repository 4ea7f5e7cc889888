// The numbers on the page are those of the machine.

import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { eventually } from "../support/conditions.mjs";
import { numbers, openLive, ticks } from "../support/overview.mjs";
import { load, memory, processorTime, traffic, usedPart, written } from "../support/proc.mjs";
import { quantity } from "../support/quantity.mjs";
import { record, recordTicks } from "../support/recorder.mjs";
import { testBench } from "../support/case.mjs";
import { withBusyProcessor, withDiskWriter } from "../support/work.mjs";

const { pageTest } = testBench();

function assertNear(actual, expected, tolerance, what) {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${what}: the page says ${actual}, the machine ${expected}`);
}

pageTest("memory: total and used part", {}, async ({ page, server }) => {
  await openLive(page, server.url);
  await eventually(async () => {
    const { figures, details } = await numbers(page, "memory");
    const { MemTotal: total, MemAvailable: available } = memory();
    assertNear(quantity(details.total), total, total * 0.01, "total");
    assertNear(quantity(figures.used), (total - available) / total, 0.02, "used part");
  });
});

pageTest("load: the average of one minute, and the three lines", {}, async ({ page, server }) => {
  await openLive(page, server.url);
  await eventually(async () => {
    const { figures, legend } = await numbers(page, "load");
    const averages = load();
    assertNear(quantity(figures["1 min"]), averages[0], 0.051, "1 min");
    ["1 min", "5 min", "15 min"].forEach((name, at) => assertNear(quantity(legend[name]), averages[at], 0.051, name));
  });
});

pageTest("CPU: the used part, while a processor is kept busy", {}, async ({ page, server }) => {
  await openLive(page, server.url);
  await ticks(page, 2);
  await withBusyProcessor(async () => {
    const machine = record(processorTime);
    const rows = await recordTicks(page, "cpu", "used", 6);
    machine.stop();
    const [from, to] = [machine.at(rows[0].time - 1000), machine.at(rows.at(-1).time)];
    const expected = (to.busy - from.busy) / (to.all - from.all);
    const shown = rows.reduce((sum, { text }) => sum + quantity(text), 0) / rows.length;
    assert.ok(expected > 0.02, `a processor is busy, and yet the machine says ${expected}`);
    assertNear(shown, expected, 0.1, "used part over six seconds");
  });
});

pageTest("CPU: the parts make the whole", {}, async ({ page, server }) => {
  await openLive(page, server.url);
  await eventually(async () => {
    const { figures, legend } = await numbers(page, "cpu");
    const busy = ["user", "nice", "system", "irq", "steal"].reduce((sum, mode) => sum + quantity(legend[mode]), 0);
    assertNear(busy, quantity(figures.used), 0.01, "the sum of the modes against the used part");
  });
});

pageTest("file systems: the used part of each mount point", {}, async ({ page, server }) => {
  await openLive(page, server.url);
  await eventually(async () => {
    const { legend } = await numbers(page, "filesystems");
    const shown = Object.entries(legend);
    assert.ok(shown.length > 0, "no file system is shown");
    for (const [label, text] of shown) {
      assertNear(quantity(text), await usedPart(label.replace(/ used$/, "")), 0.005, label);
    }
  });
});

pageTest("disk: what is written is counted", {}, async ({ page, server, t }) => {
  await openLive(page, server.url);
  await ticks(page, 2);
  const { legend } = await numbers(page, "disk-io");
  const disks = Object.keys(legend).filter((label) => label.endsWith(" written")).map((label) => label.replace(/ written$/, ""));
  const total = () => ({ bytes: disks.reduce((sum, name) => sum + written()[name], 0) });
  await withDiskWriter(async (write) => {
    const before = total().bytes;
    write();
    if (disks.length === 0 || total().bytes === before) {
      t.skip("what is written here reaches no disk: the folder of the tests lies in memory or on a network");
      return;
    }
    const machine = record(total);
    let done = false;
    const ticking = recordTicks(page, "disk-io", "written", 5).finally(() => (done = true));
    while (!done) {
      write();
      // Often enough that every second has some, and no more wear than that.
      await pause(100);
    }
    const rows = await ticking;
    machine.stop();
    const expected = machine.at(rows.at(-1).time).bytes - machine.at(rows[0].time - 1000).bytes;
    const shown = rows.reduce((sum, { text }) => sum + quantity(text), 0);
    assert.ok(shown > 0, "nothing is shown as written");
    // Writes come in bursts, and the server's moment of reading lies a little behind the full second.
    assertNear(shown, expected, expected * 0.35 + (8 << 20), "bytes written in five seconds");
  });
});

pageTest("network: the rates are those of the devices' counters", {}, async ({ page, server }) => {
  await openLive(page, server.url);
  await ticks(page, 2);
  const { legend } = await numbers(page, "network");
  const labels = Object.keys(legend);
  const names = labels.filter((label) => label.endsWith(" received")).map((label) => label.replace(/ received$/, ""));
  const counters = traffic();
  assert.deepEqual(names.filter((name) => !(name in counters)), [], "devices that the machine does not have");
  const machine = record(() => {
    const now = traffic();
    return { bytes: names.reduce((sum, name) => sum + now[name].received, 0) };
  });
  const rows = await recordTicks(page, "network", "received", 5);
  machine.stop();
  const expected = machine.at(rows.at(-1).time).bytes - machine.at(rows[0].time - 1000).bytes;
  const shown = names.length === 0 ? 0 : rows.reduce((sum, { text }) => sum + quantity(text), 0);
  assertNear(shown, expected, expected * 0.35 + (64 << 10), "bytes received in five seconds");
});
