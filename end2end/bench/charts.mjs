// Measures live charts: the cost of a tick for a page with 24 charts of an hour each, compared with uPlot with the same data,
// and the memory after an hour of live data. Prints figures, asserts nothing.
//
// The hour is simulated in seconds: the page gets the newest frame of the server repeatedly, with later times and other values.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { launchBrowser } from "../support/browser.mjs";
import { openLive, ticks } from "../support/overview.mjs";
import { startServer } from "../support/server.mjs";
import { part, rememberMemory } from "./figures.mjs";

const CHARTS = 24;
const HOUR = 3600;
const FRAMES = 120;
// All charts are visible.
const VIEWPORT = { width: 1800, height: 3200 };

const UPLOT = createRequire(import.meta.url).resolve("uplot/dist/uPlot.iife.min.js");

function summary(values) {
  return `median ${part(values, 0.5).toFixed(2)} ms, P95 ${part(values, 0.95).toFixed(2)} ms, maximum ${Math.max(...values).toFixed(2)} ms`;
}

/** Init script of a page: `globalThis.frame()` simulates the next frame of the server. */
function prepare() {
  const Socket = globalThis.WebSocket;
  let newest;
  let isOurs = false;
  globalThis.WebSocket = class extends Socket {
    constructor(...args) {
      super(...args);
      globalThis.socket = this;
      this.addEventListener("message", (event) => {
        const bytes = event.data instanceof ArrayBuffer ? new Uint8Array(event.data) : [];
        if (isOurs && event.isTrusted) {
          event.stopImmediatePropagation();
        } else if (bytes[0] === 1) {
          newest = event.data;
        }
      });
    }
  };
  let first;
  let count = 0;
  globalThis.frame = () => {
    isOurs = true;
    first ??= newest.slice(0);
    count += 1;
    const bytes = first.slice(0);
    const view = new DataView(bytes);
    view.setBigUint64(8, view.getBigUint64(8, true) + BigInt(count), true);
    view.setBigInt64(16, view.getBigInt64(16, true) + BigInt(count * 1000), true);
    const series = view.getUint32(24, true);
    // Counters must not decrease, and the type of a series is unknown here: all values grow.
    for (let at = 28 + Math.ceil(series / 8); at + 8 <= bytes.byteLength; at += 8) {
      const value = view.getFloat64(at, true);
      view.setFloat64(at, value * (1 + 5e-4 * count + 3e-4 * Math.sin(count / 3 + at)), true);
    }
    globalThis.socket.dispatchEvent(new MessageEvent("message", { data: bytes }));
  };
  // Work in animation frames since the last call of `worked()`.
  let work = 0;
  const ask = globalThis.requestAnimationFrame.bind(globalThis);
  globalThis.requestAnimationFrame = (callback) =>
    ask((time) => {
      const begin = performance.now();
      callback(time);
      work += performance.now() - begin;
    });
  globalThis.worked = () => {
    const done = work;
    work = 0;
    return done;
  };
  globalThis.nextFrame = () => new Promise((resolve) => ask(() => setTimeout(resolve, 0)));
}

/** Simulates `count` seconds with a hidden page: nothing is laid out or drawn. */
function pass(page, count) {
  return page.evaluate(async (count) => {
    document.body.style.display = "none";
    await globalThis.nextFrame();
    for (let done = 0; done < count; done += 1) {
      globalThis.frame();
      // Effects of a frame run before the next.
      await new Promise((resolve) => queueMicrotask(resolve));
      if (done % 50 === 0) {
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
    }
    document.body.style.display = "";
    await globalThis.nextFrame();
    await globalThis.nextFrame();
  }, count);
}

/** Opens a live page with `CHARTS` visible charts. */
async function open(browser, server, path) {
  const context = await browser.newContext({ viewport: VIEWPORT });
  const page = await context.newPage();
  await page.addInitScript(rememberMemory);
  await page.addInitScript(prepare);
  await openLive(page, server.url + path);
  await ticks(page, 3);
  await page.evaluate((most) => {
    const panels = [...document.querySelectorAll(".panel:not([hidden])")];
    panels.slice(most).forEach((panel) => (panel.style.display = "none"));
  }, CHARTS);
  await page.waitForFunction(() => [...document.querySelectorAll(".chart")].every((chart) => !chart.offsetHeight || chart.matches("[data-painted]")));
  return { context, page };
}

/** Measures each tick: handling of the frame, and the animation frames that draw the charts. */
async function ours(page) {
  await pass(page, HOUR);
  return page.evaluate(async (frames) => {
    const charts = [...document.querySelectorAll(".chart[data-painted]")].filter((chart) => chart.getBoundingClientRect().height > 0);
    const lines = charts.map((chart) => chart.closest(".panel").querySelectorAll(".legend li").length);
    const [drawn, taken, frame] = [[], [], []];
    globalThis.worked();
    for (let count = 0; count < frames; count += 1) {
      const begin = performance.now();
      globalThis.frame();
      // The numbers change in microtasks.
      await new Promise((resolve) => queueMicrotask(resolve));
      taken.push(performance.now() - begin);
      // Charts are drawn in several animation frames; one without work is the last.
      let whole = 0;
      await globalThis.nextFrame();
      for (let work = globalThis.worked(); work > 0; work = globalThis.worked()) {
        whole += work;
        frame.push(work);
        await globalThis.nextFrame();
      }
      drawn.push(whole);
    }
    const sizes = charts.map((chart) => [chart.clientWidth, chart.clientHeight]);
    return { lines, sizes, drawn, taken, frame };
  }, FRAMES);
}

/** The same with uPlot: the same number of charts with the same sizes and numbers of lines. */
async function theirs(browser, { lines, sizes }) {
  const context = await browser.newContext({ viewport: VIEWPORT });
  const page = await context.newPage();
  await page.setContent("<!doctype html><body style='display:flex;flex-wrap:wrap'></body>");
  await page.evaluate(await readFile(UPLOT, "utf8").then((code) => `${code};globalThis.uPlot=uPlot`));
  const drawn = await page.evaluate(
    async ({ lines, sizes, frames, hour }) => {
      const value = (line, second) => 1 + 0.3 * Math.sin(second / 50 + line) + 0.05 * Math.sin(second * 1.7);
      const data = (count, from) => {
        const times = Array.from({ length: hour }, (_, at) => from + at);
        return [times, ...Array.from({ length: count }, (_, line) => times.map((second) => value(line, second)))];
      };
      const charts = lines.map((count, place) => {
        const [width, height] = sizes[place];
        const series = Array.from({ length: count }, (_, line) => ({ label: `${line}`, stroke: `hsl(${line * 40} 60% 60%)`, width: 1.5, points: { show: false } }));
        return new globalThis.uPlot({ width, height, legend: { show: false }, series: [{}, ...series] }, data(count, 0), document.body);
      });
      const nextFrame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 0)));
      await nextFrame();
      const drawn = [];
      for (let second = 1; second <= frames; second += 1) {
        // Shifting the data by a second is not measured: the page has it in another form.
        const next = lines.map((count) => data(count, second));
        const begin = performance.now();
        charts.forEach((chart, place) => chart.setData(next[place]));
        // uPlot draws in microtasks.
        await new Promise((resolve) => queueMicrotask(resolve));
        await new Promise((resolve) => queueMicrotask(resolve));
        drawn.push(performance.now() - begin);
        await nextFrame();
      }
      return drawn;
    },
    { lines, sizes, frames: FRAMES, hour: HOUR },
  );
  await context.close();
  return drawn;
}

/** JavaScript heap and WebAssembly memory in MiB, after a garbage collection. */
async function memory(context, page) {
  const session = await context.newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  await session.send("Performance.enable");
  const { metrics } = await session.send("Performance.getMetrics");
  await session.detach();
  const heap = metrics.find(({ name }) => name === "JSHeapUsedSize").value;
  const wasm = await page.evaluate(() => globalThis.wasm?.buffer.byteLength ?? NaN);
  return [heap, wasm].map((bytes) => (bytes / 2 ** 20).toFixed(1));
}

const server = await startServer();
const browser = await launchBrowser();
try {
  const { context, page } = await open(browser, server, "/?window=1h");
  const own = await ours(page);
  const lines = own.lines.reduce((sum, count) => sum + count, 0);
  console.log(`charts: ${own.lines.length} visible charts, ${lines} lines, one hour of seconds, stored in the page as 900 rows`);
  console.log(`charts: one of ${(own.frame.length / own.drawn.length).toFixed(1)} animation frames per tick: ${summary(own.frame)}`);
  console.log(`charts: all animation frames of a tick: ${summary(own.drawn)}; new values: ${summary(own.taken)}`);
  await context.close();

  const peer = await theirs(browser, own);
  console.log(`charts: uPlot with 3600 rows: ${summary(peer)}`);
  const ratio = (at) => (part(own.drawn, at) / part(peer, at)).toFixed(2);
  console.log(`charts: ratio to uPlot: median ${ratio(0.5)}, P95 ${ratio(0.95)}`);

  const live = await open(browser, server, "/");
  await pass(live.page, 600);
  for (const minutes of [10, 30, 60]) {
    const [heap, wasm] = await memory(live.context, live.page);
    console.log(`charts: after ${minutes} minutes of live data: JavaScript heap ${heap} MiB, WebAssembly ${wasm} MiB`);
    if (minutes < 60) {
      await pass(live.page, minutes === 10 ? 1200 : 1800);
    }
  }
  await live.context.close();
} finally {
  await browser.close();
  await server.close();
}
