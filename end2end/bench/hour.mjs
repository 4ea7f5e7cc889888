// Measures the memory of an idle page during an hour of live data: JavaScript heap and WebAssembly memory every ten minutes.
// `npm run hour -- 20` takes 20 minutes. Prints figures, asserts nothing.

import { DESKTOP, launchBrowser } from "../support/browser.mjs";
import { chartsPainted, openLive, ticks } from "../support/overview.mjs";
import { startServer } from "../support/server.mjs";
import { rememberMemory } from "./figures.mjs";

const MINUTES = Number(process.argv[2] ?? 60);
const STEP = 10;

const server = await startServer();
const browser = await launchBrowser();
try {
  const context = await browser.newContext({ viewport: DESKTOP });
  const page = await context.newPage();
  await page.addInitScript(rememberMemory);
  await openLive(page, server.url);
  await chartsPainted(page);
  const session = await context.newCDPSession(page);
  await session.send("HeapProfiler.enable");
  const say = async (minutes) => {
    await session.send("HeapProfiler.collectGarbage");
    const { usedSize } = await session.send("Runtime.getHeapUsage");
    const wasm = await page.evaluate(() => globalThis.wasm?.buffer.byteLength ?? NaN);
    const nodes = await page.evaluate(() => document.querySelectorAll("*").length);
    console.log(`hour: after ${minutes} min JavaScript heap ${(usedSize / 2 ** 20).toFixed(2)} MiB, WebAssembly ${(wasm / 2 ** 20).toFixed(2)} MiB, ${nodes} elements`);
  };
  await ticks(page, 5);
  await say(0);
  for (let minutes = STEP; minutes <= MINUTES; minutes += STEP) {
    await page.waitForTimeout(STEP * 60_000);
    await say(minutes);
  }
} finally {
  await browser.close();
  await server.close();
}
