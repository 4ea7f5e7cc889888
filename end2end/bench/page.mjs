// Measures the overview: the cost of a first visit, and of a live page per second. Prints figures, asserts nothing.

import { DESKTOP, launchBrowser } from "../support/browser.mjs";
import { chartsPainted, clock, openLive, ticks } from "../support/overview.mjs";
import { startServer } from "../support/server.mjs";
import { bytesOf, watchTransfer } from "../support/transfer.mjs";
import { part } from "./figures.mjs";

const LOADS = 5;
const LIVE_TICKS = 20;

/** Loads the overview in a fresh profile. */
async function coldLoad(browser, server) {
  const context = await browser.newContext({ viewport: DESKTOP });
  const page = await context.newPage();
  await page.addInitScript(() => {
    globalThis.largestPaint = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        globalThis.largestPaint = entry.startTime;
      }
    }).observe({ type: "largest-contentful-paint", buffered: true });
    // Checked in every frame.
    const look = () => {
      if (document.querySelector('.connection[data-state="live"]')) {
        globalThis.liveAt = performance.now();
      } else {
        requestAnimationFrame(look);
      }
    };
    requestAnimationFrame(look);
  });
  const requests = await watchTransfer(page);
  await openLive(page, server.url);
  await page.waitForFunction(() => globalThis.liveAt > 0);
  await ticks(page);
  const times = await page.evaluate(() => ({
    firstPaint: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? NaN,
    largestPaint: globalThis.largestPaint,
    live: globalThis.liveAt,
  }));
  const program = requests.find(({ url }) => url.endsWith(".wasm"))?.bytes ?? NaN;
  const load = { ...times, bytes: bytesOf(requests), program, requests: requests.length };
  await context.close();
  return load;
}

/** CPU time and memory of a live page during `LIVE_TICKS` ticks. */
async function liveCost(browser, server) {
  const context = await browser.newContext({ viewport: DESKTOP });
  const page = await context.newPage();
  await openLive(page, server.url);
  await chartsPainted(page);
  await ticks(page, 3);
  const session = await context.newCDPSession(page);
  await session.send("Performance.enable");
  const metrics = async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
  };
  // One wait within the page for all ticks: each call from outside would count as work of the page.
  const before = await metrics();
  await page.evaluate(
    (count) =>
      new Promise((resolve) => {
        const observer = new MutationObserver(() => {
          count -= 1;
          if (count === 0) {
            observer.disconnect();
            resolve();
          }
        });
        observer.observe(document.querySelector(".connection .clock"), { childList: true, characterData: true, subtree: true });
      }),
    LIVE_TICKS,
  );
  const after = await metrics();
  await clock(page);
  await session.send("HeapProfiler.collectGarbage");
  const rest = await metrics();
  await context.close();
  const perTick = (name) => ((after[name] - before[name]) * 1000) / LIVE_TICKS;
  return {
    heap: after.JSHeapUsedSize / 2 ** 20,
    heapAtRest: rest.JSHeapUsedSize / 2 ** 20,
    task: perTick("TaskDuration"),
    script: perTick("ScriptDuration"),
    layout: perTick("LayoutDuration") + perTick("RecalcStyleDuration"),
  };
}

const server = await startServer();
const browser = await launchBrowser();
try {
  const loads = [];
  for (let count = 0; count < LOADS; count += 1) {
    loads.push(await coldLoad(browser, server));
  }
  const of = (name) => part(loads.map((load) => load[name]), 0.5);
  const spread = (name) => {
    const values = loads.map((load) => load[name]);
    return `${of(name).toFixed(0)} ms (${Math.min(...values).toFixed(0)} to ${Math.max(...values).toFixed(0)})`;
  };
  console.log(`page: ${(of("bytes") / 1000).toFixed(1)} kB over the wire in ${of("requests")} requests, ${(of("program") / 1000).toFixed(1)} kB of it wasm`);
  console.log(`page: first paint ${spread("firstPaint")}`);
  console.log(`page: largest paint ${spread("largestPaint")}`);
  console.log(`page: live after ${spread("live")}`);

  const cost = await liveCost(browser, server);
  console.log(`page: JavaScript heap ${cost.heap.toFixed(1)} MiB live, ${cost.heapAtRest.toFixed(1)} MiB after collection`);
  console.log(
    `page: main thread ${cost.task.toFixed(1)} ms a tick, of it script ${cost.script.toFixed(1)} ms, style and layout ${cost.layout.toFixed(1)} ms`,
  );
} finally {
  await browser.close();
  await server.close();
}
