// From a phone to a large screen.

import assert from "node:assert/strict";
import { eventually } from "../support/conditions.mjs";
import { chartsPainted, openLive, ticks } from "../support/overview.mjs";
import { testBench } from "../support/case.mjs";

const { pageTest } = testBench();

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 3 };

function boxes(page) {
  return page.locator(".panel:not([hidden])").evaluateAll((panels) =>
    panels.map((panel) => {
      const { left, top, right, bottom } = panel.getBoundingClientRect();
      return { left, top, right, bottom };
    }),
  );
}

async function assertNothingBeyond(page, width) {
  const beyond = await page.evaluate((width) => {
    // What a parent cuts off is not seen there; whether anything is cut off is asked elsewhere.
    const cut = (element) => element.parentElement?.closest(".details") !== null;
    const reaches = (element) => element.getBoundingClientRect().right > width + 0.5;
    const wide = [...document.querySelectorAll("body *")].filter((element) => reaches(element) && !cut(element));
    return wide.map((element) => `${element.tagName} ${element.className} ${element.getBoundingClientRect().right}`);
  }, width);
  assert.deepEqual(beyond, [], `beyond the right edge of ${width} px`);
  assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= width, "the page scrolls sideways");
}

pageTest("on a phone all panels stand one below the other, and nothing scrolls sideways", { context: PHONE }, async ({ page, server }) => {
  await openLive(page, server.url);
  await chartsPainted(page);
  await assertNothingBeyond(page, 390);
  const found = await boxes(page);
  assert.ok(found.length > 1, "one panel alone says nothing of those beside it");
  found.slice(1).forEach((box, at) => {
    assert.equal(box.left, found[at].left, "a panel stands beside another");
    assert.ok(box.top >= found[at].bottom, "a panel covers another");
  });
  assert.ok(found.every((box) => box.right - box.left > 340), "a panel is narrower than the phone allows");
});

for (const width of [320, 600, 768, 1024, 1440, 2560]) {
  pageTest(`at ${width} px nothing lies beyond the edge and no panel covers another`, { context: { viewport: { width, height: 900 } } }, async ({ page, server }) => {
    await openLive(page, server.url);
    await chartsPainted(page);
    await assertNothingBeyond(page, width);
    const found = await boxes(page);
    for (const [at, one] of found.entries()) {
      for (const other of found.slice(at + 1)) {
        const apart = one.right <= other.left || other.right <= one.left || one.bottom <= other.top || other.bottom <= one.top;
        assert.ok(apart, `two panels cover each other: ${JSON.stringify([one, other])}`);
      }
    }
  });
}

for (const width of [320, 390, 1024]) {
  pageTest(`at ${width} px no number of a panel is cut off`, { context: { viewport: { width, height: 900 } } }, async ({ page, server }) => {
    await openLive(page, server.url);
    await ticks(page, 2);
    const cut = await page.locator(".panel, .panel *:not(svg, svg *)").evaluateAll((elements) =>
      elements
        .filter((element) => getComputedStyle(element).overflowX !== "visible" && element.scrollWidth > element.clientWidth)
        .map((element) => element.textContent),
    );
    assert.deepEqual(cut, []);
  });
}

pageTest("the longest word on the connection fits on the narrowest screen", { context: { viewport: { width: 320, height: 700 } } }, async ({ page, server }) => {
  await openLive(page, server.url);
  await page.locator(".connection .word").evaluate((word) => (word.textContent = "Reconnecting · data 119\u00a0min old"));
  await assertNothingBeyond(page, 320);
});

for (const ratio of [1, 2]) {
  pageTest(`canvases have ${ratio} pixel${ratio > 1 ? "s" : ""} for each of CSS, both ways`, { context: { deviceScaleFactor: ratio } }, async ({ page, server }) => {
    await openLive(page, server.url);
    await chartsPainted(page);
    const sizes = await page.locator(".panel:not([hidden]) .chart canvas").evaluateAll((canvases) =>
      canvases.map((canvas) => [canvas.width, canvas.height, canvas.parentElement.clientWidth, canvas.parentElement.clientHeight]),
    );
    assert.ok(sizes.length > 0);
    for (const [width, height, cssWidth, cssHeight] of sizes) {
      const off = Math.max(Math.abs(width - cssWidth * ratio), Math.abs(height - cssHeight * ratio));
      assert.ok(off <= 1, `a canvas of ${width} × ${height} for ${cssWidth} × ${cssHeight} CSS pixels`);
    }
  });
}

pageTest("charts follow the size of the window", {}, async ({ page, server }) => {
  await openLive(page, server.url);
  await chartsPainted(page);
  await page.setViewportSize({ width: 700, height: 900 });
  await eventually(async () => {
    const wrong = await page.locator(".panel:not([hidden]) .chart canvas").evaluateAll((canvases) =>
      canvases.filter((canvas) => Math.abs(canvas.width - canvas.parentElement.clientWidth) > 1).length,
    );
    assert.equal(wrong, 0);
  });
  await assertNothingBeyond(page, 700);
});
