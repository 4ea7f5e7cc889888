// Measures live charts: what a tick costs a page that shows 24 of them with an hour of readings in each, beside uPlot with the
// same; and what an hour of live data leaves behind. Prints, asserts nothing.
//
// An hour passes in seconds: the newest frame of the server is given to the page again and again, with later times and other
// values, by the way on which frames come.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { launchBrowser } from "../support/browser.mjs";
import { openLive, ticks } from "../support/overview.mjs";
import { startServer } from "../support/server.mjs";
import { part, rememberMemory } from "./figures.mjs";

const CHARTS = 24;
const HOUR = 3600;
const FRAMES = 120;
// All of the charts are in sight.
const VIEWPORT = { width: 1800, height: 3200 };

const UPLOT = createRequire(import.meta.url).resolve("uplot/dist/uPlot.iife.min.js");

function inWords(values) {
  return `median ${part(values, 0.5).toFixed(2)} ms, P95 ${part(values, 0.95).toFixed(2)} ms, most ${Math.max(...values).toFixed(2)} ms`;
}

/** Lets a page give itself frames: `globalThis.frames(count)`. */
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
    // Counters must not go back, and nobody knows here which are some: all grow, by more and by less.
    for (let at = 28 + Math.ceil(series / 8); at + 8 <= bytes.byteLength; at += 8) {
      const value = view.getFloat64(at, true);
      view.setFloat64(at, value * (1 + 5e-4 * count + 3e-4 * Math.sin(count / 3 + at)), true);
    }
    globalThis.socket.dispatchEvent(new MessageEvent("message", { data: bytes }));
  };
  // What is done in an animation frame, and when the last one was.
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

/** Lets `count` seconds pass, out of sight: nothing is laid out or drawn. */
function pass(page, count) {
  return page.evaluate(async (count) => {
    document.body.style.display = "none";
    await globalThis.nextFrame();
    for (let done = 0; done < count; done += 1) {
      globalThis.frame();
      // What follows from a frame follows before the next.
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

/** A page that lives, of which `CHARTS` charts are in sight. */
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

/** What each tick costs the page: the frame that comes, and the animation frame in which the charts are drawn. */
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
      // The numbers change in tasks that follow at once.
      await new Promise((resolve) => queueMicrotask(resolve));
      taken.push(performance.now() - begin);
      // Charts are drawn bit by bit, in several frames: the first begins at once, and one in which nothing is done is the end.
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

/** The same with uPlot: as many charts of the same size with as many lines, an hour of seconds in each. */
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
        // To move the columns on by a second is not counted: the page has them in another form.
        const next = lines.map((count) => data(count, second));
        const begin = performance.now();
        charts.forEach((chart, place) => chart.setData(next[place]));
        // It draws in tasks that follow at once.
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

/** What is in memory, in MiB, after what is not needed was given back. */
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
  console.log(`charts: ${own.lines.length} in sight with ${lines} lines, an hour of seconds in each, which the page keeps as 900 rows`);
  console.log(`charts: a frame of a tick, of ${(own.frame.length / own.drawn.length).toFixed(1)}, draws in ${inWords(own.frame)}`);
  console.log(`charts: a tick is drawn in ${inWords(own.drawn)}; its values are taken over in ${inWords(own.taken)}`);
  await context.close();

  const peer = await theirs(browser, own);
  console.log(`charts: uPlot draws the same from 3600 rows in ${inWords(peer)}`);
  const ratio = (at) => (part(own.drawn, at) / part(peer, at)).toFixed(2);
  console.log(`charts: that is ${ratio(0.5)} of uPlot's median and ${ratio(0.95)} of its P95`);

  const live = await open(browser, server, "/");
  await pass(live.page, 600);
  for (const minutes of [10, 30, 60]) {
    const [heap, wasm] = await memory(live.context, live.page);
    console.log(`charts: after ${minutes} minutes of live data JavaScript has ${heap} MiB, wasm ${wasm} MiB`);
    if (minutes < 60) {
      await pass(live.page, minutes === 10 ? 1200 : 1800);
    }
  }
  await live.context.close();
} finally {
  await browser.close();
  await server.close();
}
