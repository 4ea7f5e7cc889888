// What axe-core finds in a page.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const SOURCE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** Every finding of axe-core by the rules of WCAG 2.2 AA and its best practices: `rule: element`. */
export async function findings(page) {
  // Evaluated and not loaded: no policy of the page has to allow it.
  await page.evaluate(await readFile(SOURCE, "utf8"));
  return page.evaluate(async () => {
    const only = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    const { violations } = await globalThis.axe.run(document, { runOnly: { type: "tag", values: only } });
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
  });
}
