// A page that does not fit its server, or that breaks, says so and offers to load it again.

import assert from "node:assert/strict";
import { eventually } from "../support/conditions.mjs";
import { live, openLive, ticks } from "../support/overview.mjs";
import { testBench } from "../support/case.mjs";

const { pageTest } = testBench();

/** Changes the first document that the page loads, after it is parsed and before its program runs. */
async function changeDocument(page, change) {
  // Answering in the server's place would be shorter, but the browser then takes the page for one of another network
  // and keeps it from the server.
  await page.addInitScript(`
    document.addEventListener("readystatechange", () => {
      if (document.readyState === "interactive" && !sessionStorage.getItem("changed")) {
        sessionStorage.setItem("changed", "once");
        (${change})();
      }
    });
  `);
}

/** The build that the document says it is of. */
function build(page) {
  return page.locator("meta[name=watchglass-build]").getAttribute("content");
}

pageTest("a page of another build than the server asks to be loaded again, and stays live", {}, async ({ page, server }) => {
  await changeDocument(page, () => document.querySelector("meta[name=watchglass-build]").setAttribute("content", "0.0.0-before"));
  await openLive(page, server.url);
  const banner = page.locator("#outdated-banner");
  await banner.waitFor();
  assert.match(await banner.innerText(), /new version/);
  await ticks(page, 2);
  assert.ok(await page.locator("#panic-banner").isHidden());

  assert.equal(await build(page), "0.0.0-before");

  await banner.getByRole("link").click();
  await eventually(async () => assert.notEqual(await build(page), "0.0.0-before"));
  await live(page);
  await ticks(page, 2);
  assert.ok(await banner.isHidden());
});

pageTest("a page of the server's build shows no banner", {}, async ({ page, server }) => {
  await openLive(page, server.url);
  await ticks(page, 2);
  assert.ok(await page.locator("#outdated-banner").isHidden());
  assert.ok(await page.locator("#panic-banner").isHidden());
});

const PANIC = [/^console error: panicked at/, /^uncaught: unreachable/];

pageTest("a page that breaks says that it has stopped", { allow: PANIC }, async ({ page, server }) => {
  // Without an element that the program expects, it cannot take the document over.
  await changeDocument(page, () => document.querySelector(".facts").remove());
  await page.goto(server.url);
  const banner = page.locator("#panic-banner");
  await banner.waitFor();
  assert.match(await banner.innerText(), /has crashed/);

  await banner.getByRole("link").click();
  await live(page);
  assert.ok(await banner.isHidden());
});
