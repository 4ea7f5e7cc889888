// Measures panning and zooming of charts with seven days of data, frame by frame. Prints figures, asserts nothing.
//
// `npm run bench` builds the generator of the data beside the server: `cargo build --release -p watchglass-tsdb --example seed`.

import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { DESKTOP, launchBrowser } from "../support/browser.mjs";
import { chartsPainted, openLive, ticks } from "../support/overview.mjs";
import { startServer } from "../support/server.mjs";
import { BINARY } from "../support/settings.mjs";
import { part } from "./figures.mjs";

const SEED = join(dirname(BINARY), "examples", "seed");
const FRAMES = 240;

/** Sends a pointer event in each of `FRAMES` frames. Returns the time between two frames, and the page's work in each. */
function move(page, kind) {
  return page.evaluate(
    async ({ kind, frames }) => {
      const chart = document.querySelector(".panel .chart");
      const box = chart.getBoundingClientRect();
      const at = (part) => ({ clientX: box.x + box.width * part, clientY: box.y + box.height / 2, bubbles: true, cancelable: true });
      const press = (type, part) =>
        chart.dispatchEvent(new PointerEvent(type, { ...at(part), pointerId: 1, isPrimary: true, pointerType: "mouse", button: 0, buttons: type === "pointerup" ? 0 : 1 }));
      const between = [];
      const work = [];
      const ask = globalThis.requestAnimationFrame.bind(globalThis);
      let worked = 0;
      const timed = (run) => {
        const begin = performance.now();
        run();
        worked += performance.now() - begin;
      };
      globalThis.requestAnimationFrame = (callback) => ask((time) => timed(() => callback(time)));
      let last;
      for (let frame = 0; frame <= frames; frame += 1) {
        const turn = frame % 120 < 60 ? -12 : 12;
        timed(() => {
          if (kind === "pan") {
            chart.dispatchEvent(new WheelEvent("wheel", { ...at(0.5), deltaX: turn }));
          } else if (kind === "zoom" && frame === 0) {
            press("pointerdown", 0.2);
          } else if (kind === "zoom") {
            press("pointermove", 0.2 + 0.6 * (frame / frames));
          }
        });
        const now = await new Promise((resolve) => ask(resolve));
        if (last !== undefined) {
          between.push(now - last);
          work.push(worked);
        }
        last = now;
        worked = 0;
      }
      if (kind === "zoom") {
        press("pointerup", 0.8);
      }
      globalThis.requestAnimationFrame = ask;
      return { between, work };
    },
    { kind, frames: FRAMES },
  );
}

function say(what, { between, work }) {
  const rate = 1000 / (between.reduce((sum, value) => sum + value, 0) / between.length);
  console.log(
    `seven days: ${what}: ${rate.toFixed(1)} frames a second, between two median ${part(between, 0.5).toFixed(1)} ms, P95 ${part(between, 0.95).toFixed(1)} ms; ` +
      `the page works median ${part(work, 0.5).toFixed(2)} ms, P95 ${part(work, 0.95).toFixed(2)} ms of each`,
  );
}

const data = await mkdtemp(join(tmpdir(), "watchglass-seven-days-"));
const { stdout } = await promisify(execFile)(SEED, [data, hostname(), "7"]);
console.log(`seven days: ${stdout.trim()}`);
const server = await startServer({ data });
const browser = await launchBrowser();
try {
  const context = await browser.newContext({ viewport: DESKTOP });
  const page = await context.newPage();
  await openLive(page, `${server.url}/trends?window=7d`);
  await chartsPainted(page);
  await ticks(page, 3);
  say("an untouched page", await move(page, "rest"));
  say("panned", await move(page, "pan"));
  await ticks(page, 3);
  say("a zoom drawn", await move(page, "zoom"));
  await page.waitForURL(/from=/);
  await chartsPainted(page);
  await ticks(page, 2);
  say("zoomed, then panned", await move(page, "pan"));
} finally {
  await browser.close();
  await server.close();
  await rm(data, { recursive: true, force: true });
}
