// The overview as a reader sees it: its connection, clock, panels and charts.

import assert from "node:assert/strict";

/** Opens a page and waits until it lives. */
export async function openLive(page, url) {
  await page.goto(url);
  await live(page);
}

/** Waits until the badge says that frames arrive. */
export async function live(page) {
  await state(page, "live");
}

/** Waits until the badge says that the connection is in one of these states. */
export async function state(page, ...states) {
  const selector = states.map((state) => `.connection[data-state="${state}"]`).join(", ");
  await page.locator(selector).first().waitFor();
}

/** What the badge says. */
export function badge(page) {
  return page.locator(".connection .word").innerText();
}

/** What the clock says: the time of the newest values. `HH:MM:SS`, also where it is not shown. */
export function clock(page) {
  return page.locator(".connection .clock").textContent();
}

/** Waits until the clock has changed `times` times. */
export async function ticks(page, times = 1) {
  for (let count = 0; count < times; count += 1) {
    const before = await clock(page);
    await page.waitForFunction((text) => document.querySelector(".connection .clock").textContent !== text, before);
  }
}

/** Ids of the panels that show anything, in order. Those of what this machine does not have are hidden. */
export function panels(page) {
  return page.locator(".panel:not([hidden])").evaluateAll((panels) => panels.map((panel) => panel.dataset.panel));
}

/** A panel's element. */
export function panel(page, id) {
  return page.locator(`.panel[data-panel="${id}"]`);
}

/** A panel's numbers and the entries of its legend, as text by label: `{figures, details, legend}`. */
export function numbers(page, id) {
  return panel(page, id).evaluate((panel) => {
    const texts = (selector, label) =>
      Object.fromEntries(
        [...panel.querySelectorAll(selector)].map((entry) => [
          entry.querySelector(label).textContent,
          entry.querySelector(".number").textContent,
        ]),
      );
    return { figures: texts(".figure", ".label"), details: texts(".detail", ".label"), legend: texts(".legend li", ".name") };
  });
}

/** Scrolls to each chart and waits until its canvases are painted: charts out of sight are not. */
export async function chartsPainted(page) {
  const ids = await panels(page);
  assert.ok(ids.length > 0, "the page has no panels");
  for (const id of ids) {
    const chart = panel(page, id).locator(".chart");
    await chart.scrollIntoViewIfNeeded();
    await panel(page, id).locator(".chart[data-painted]").waitFor();
  }
  return ids;
}

/** Panels that rightly show nothing of their series' colour: bars of nothing have no height, cells of a heat map are faint. */
export const WITHOUT_LINES = ["network-errors", "redis-removed", "postgresql-temporary", "request-distribution"];

/** Marks the document, so that `isMarked` can tell whether it was loaded again since. */
export async function mark(page) {
  await page.evaluate(() => (globalThis.markOfTheTest = true));
}

/** Whether this is still the document that was marked. */
export function isMarked(page) {
  return page.evaluate(() => globalThis.markOfTheTest === true);
}
