// The pages of servers that are watched, as a reader sees them.

import assert from "node:assert/strict";

/** The widths of a phone, both ways of it, and of a desk. */
export const WIDTHS = [320, 390, 844, 1440];

/** Waits until the first server on the page is in one of these conditions: `up`, `down`, `asked`. */
export async function condition(page, word) {
  await page.locator(`.service[data-state="${word}"]`).first().waitFor();
}

/** What stands in the rows of a list, as text; empty where something else is said instead. */
export function rows(page, title) {
  return list(page, title)
    .locator("tbody tr")
    .evaluateAll((rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent.replaceAll("\u00a0", " "))));
}

/** What is said instead of a list's rows. */
export function instead(page, title) {
  return list(page, title).locator(".instead").innerText();
}

/** The link above a column. */
export function head(page, title, column) {
  return list(page, title).locator("thead").getByRole("link", { name: column });
}

/** A list by its title. */
export function list(page, title) {
  return page.locator(".listing").filter({ has: page.getByRole("heading", { name: title }) });
}

/** Nothing but what stands in a box that scrolls may lie beyond the right edge. */
export async function assertFits(page, width) {
  const beyond = await page.evaluate((width) => {
    const scrolls = (element) => element.parentElement?.closest(".table-box, pre, .details") !== null;
    const reaches = (element) => element.getBoundingClientRect().right > width + 0.5;
    const wide = [...document.querySelectorAll("body *")].filter((element) => reaches(element) && !scrolls(element));
    return wide.map((element) => `${element.tagName} ${element.className} ${element.getBoundingClientRect().right}`);
  }, width);
  assert.deepEqual(beyond, [], `beyond the right edge of ${width} px`);
  assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= width, "the page scrolls sideways");
}
