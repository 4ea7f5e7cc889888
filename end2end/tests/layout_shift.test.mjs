// Nothing on a page moves by itself, neither while it loads nor while its numbers change.

import assert from "node:assert/strict";
import { eventually } from "../support/conditions.mjs";
import { live, ticks } from "../support/overview.mjs";
import { testBench } from "../support/case.mjs";
import { startPostgres } from "../support/postgres.mjs";
import { startRedis } from "../support/redis.mjs";

/** Cumulative layout shift that is not noticed. Lighthouse calls 0.1 good. */
const MAX_SHIFT = 0.02;
/** Widths with the seconds of live values: on a phone, text is most likely to wrap as it changes. */
const WIDTHS = [[390, 60], [1024, 20], [1440, 20]];
const PAGES = [
  "/",
  "/trends",
  "/alerts",
  "/alerts?view=rules",
  "/alerts?view=history",
  "/database",
  "/cache",
  // Its list of routes grows by these requests.
  "/performance",
  "/processes",
  "/services",
  "/settings",
  "/layout",
];

const { pageTest } = testBench({
  watched: async () => {
    const servers = await Promise.all([startRedis(), startPostgres()]);
    return { args: servers.flatMap(({ args }) => args), close: () => Promise.all(servers.map((server) => server.close())) };
  },
});

/** Waits for the panels that come with the first requests to a server. */
async function hasAllPanels(server) {
  await eventually(async () => {
    const html = await (await fetch(`${server.url}/performance`)).text();
    for (const panel of ["request-latency", "request-errors"]) {
      assert.match(html, new RegExp(`<article[^>]* data-panel="${panel}"`));
      assert.doesNotMatch(html, new RegExp(`<article[^>]* data-panel="${panel}"[^>]* hidden`));
    }
  });
}

/** Runs in the page: collects layout shifts as they are reported. */
function collectShifts() {
  const shifts = [];
  globalThis.layoutShifts = shifts;
  const name = (node) => {
    const element = node?.nodeType === Node.TEXT_NODE ? node.parentElement : node;
    return element ? `${element.tagName.toLowerCase()}.${element.className} in ${element.closest("section, header, main")?.className}` : "removed element";
  };
  const box = ({ x, y, width, height }) => `${x},${y} ${width}×${height}`;
  const observer = new PerformanceObserver((list) => {
    for (const { value, hadRecentInput, startTime, sources } of list.getEntries()) {
      if (!hadRecentInput) {
        const moved = sources.map(({ node, previousRect, currentRect }) => `${name(node)}: ${box(previousRect)} → ${box(currentRect)}`);
        shifts.push({ value, time: Math.round(startTime), moved });
      }
    }
  });
  observer.observe({ type: "layout-shift", buffered: true });
}

/** Cumulative layout shift as browsers define it: the largest sum of shifts less than 1 s apart within 5 s. */
function cumulative(shifts) {
  let [largest, sum, first, last] = [0, 0, 0, 0];
  for (const { value, time } of shifts) {
    if (sum === 0 || time - last >= 1_000 || time - first >= 5_000) {
      [sum, first] = [0, time];
    }
    sum += value;
    last = time;
    largest = Math.max(largest, sum);
  }
  return largest;
}

for (const [width, seconds] of WIDTHS) {
  pageTest(`at ${width} px nothing moves during ${seconds} s of live values`, { context: { viewport: { width, height: 844 } } }, async ({ context, server }) => {
    await hasAllPanels(server);
    const pages = await Promise.all(
      PAGES.map(async (path) => {
        const page = await context.newPage();
        await page.addInitScript(collectShifts);
        await page.goto(server.url + path);
        return { path, page };
      }),
    );
    await live(pages[0].page);
    await ticks(pages[0].page, seconds);
    for (const { path, page } of pages) {
      const shifts = await page.evaluate(() => globalThis.layoutShifts);
      const total = cumulative(shifts);
      const worst = shifts.toSorted((one, other) => other.value - one.value).slice(0, 5);
      assert.ok(total < MAX_SHIFT, `${path} moved by ${total.toFixed(3)}: ${JSON.stringify(worst, null, 1)}`);
    }
  });
}

/** Runs in the page: widths of the columns of all sortable tables before and after their cells hold long texts. */
function widthsWithLongTexts() {
  const widths = () => [...document.querySelectorAll("table.fixed th")].map((header) => header.getBoundingClientRect().width);
  const before = widths();
  for (const cell of document.querySelectorAll("table.fixed tbody tr:first-child td")) {
    cell.textContent = "long-text-without-a-space".repeat(20);
  }
  return { before, after: widths() };
}

for (const width of [390, 1440]) {
  pageTest(`at ${width} px long values change no width of a column`, { context: { viewport: { width, height: 844 } } }, async ({ page, server }) => {
    await hasAllPanels(server);
    for (const [path, columns] of [["/processes", 12], ["/performance", 7]]) {
      await page.goto(server.url + path);
      await page.locator("table.fixed tbody tr").first().waitFor();
      const { before, after } = await page.evaluate(widthsWithLongTexts);
      assert.equal(before.length, columns, path);
      assert.deepEqual(after, before, path);
    }
  });
}
