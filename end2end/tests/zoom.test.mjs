// Charts that one takes hold of: zoom, pan, pin, pause, hide, by pointer and by keys; and the address has all of it.

import assert from "node:assert/strict";
import { eventually } from "../support/conditions.mjs";
import { fingerprint } from "../support/canvas.mjs";
import { chartsPainted, clock, isMarked, live, mark, numbers, openLive, panel, ticks } from "../support/overview.mjs";
import { testBench } from "../support/case.mjs";

const { pageTest } = testBench();

/** A place in a chart, by parts of its width. */
async function place(page, id, part) {
  const box = await panel(page, id).locator(".chart").boundingBox();
  return [box.x + box.width * part, box.y + box.height / 2];
}

async function drag(page, id, from, to) {
  await page.mouse.move(...(await place(page, id, from)));
  await page.mouse.down();
  await page.mouse.move(...(await place(page, id, (from + to) / 2)), { steps: 3 });
  await page.mouse.move(...(await place(page, id, to)), { steps: 3 });
  await page.mouse.up();
}

/** The stretch that the address names, in seconds. */
function stretch(page) {
  const query = new URL(page.url()).searchParams;
  const [from, to] = ["from", "to"].map((name) => Number(query.get(name)) / 1000);
  return { from, to, length: to - from };
}

async function open(page, server, path = "/") {
  await openLive(page, server.url + path);
  await chartsPainted(page);
  await panel(page, "memory").scrollIntoViewIfNeeded();
  await mark(page);
}

pageTest("a drag zooms, Shift and a drag pans, Back and a double click go back", {}, async ({ page, server }) => {
  await open(page, server);
  await drag(page, "memory", 0.5, 0.8);
  await page.waitForURL(/\?from=\d+&to=\d+/);
  const zoomed = stretch(page);
  assert.ok(zoomed.length > 60 && zoomed.length < 130, `${zoomed.length} s are shown`);
  await page.locator('.shown[data-state="past"]', { hasText: "Showing" }).waitFor();
  // What is past stands still.
  await eventually(async () => {
    const before = await fingerprint(page, "memory", "series");
    await ticks(page, 2);
    assert.equal(await fingerprint(page, "memory", "series"), before);
  });

  await page.keyboard.down("Shift");
  await drag(page, "memory", 0.3, 0.6);
  await page.keyboard.up("Shift");
  await eventually(async () => assert.ok(stretch(page).to < zoomed.to, page.url()));
  assert.equal(stretch(page).length, zoomed.length);
  await page.goBack();
  await eventually(async () => assert.deepEqual(stretch(page), zoomed));
  await page.mouse.dblclick(...(await place(page, "memory", 0.5)));
  await eventually(async () => assert.equal(new URL(page.url()).searchParams.get("from"), null));
  await page.locator('.shown[data-state="live"]').waitFor({ state: "attached" });
  assert.ok(await isMarked(page), "the page was loaded again");
});

pageTest("the wheel turned sideways pans, and up and down it scrolls the page", {}, async ({ page, server }) => {
  await open(page, server, "/?window=15m");
  await page.mouse.move(...(await place(page, "memory", 0.5)));
  await page.mouse.wheel(-120, 0);
  await page.waitForURL(/\?from=\d+&to=\d+/);
  assert.equal(stretch(page).length, 900);
  const before = page.url();
  const top = await page.evaluate(() => scrollY);
  await page.mouse.wheel(0, 200);
  await eventually(async () => assert.notEqual(await page.evaluate(() => scrollY), top));
  assert.equal(page.url(), before);
});

pageTest("the values are told where the pointer is; a click pins them, also for who opens the link; Escape lets go", {}, async ({ page, server }) => {
  await open(page, server);
  await ticks(page, 12);
  const tip = panel(page, "memory").locator(".tip");
  await page.mouse.move(...(await place(page, "memory", 0.97)));
  await tip.locator("em").first().waitFor();
  assert.match(await tip.innerText(), /\d\d:\d\d:\d\d/);
  assert.equal(await panel(page, "cpu").locator(".tip").innerText(), "", "one chart tells");
  await page.mouse.down();
  await page.mouse.up();
  await page.waitForURL(/[?&]at=\d+/);
  const moment = await page.locator(".chart .moment").first().textContent();
  await page.mouse.move(2, 2);
  await ticks(page, 2);
  assert.equal(await page.locator(".chart .moment").first().textContent(), moment, "the cursor has not stayed");

  await page.goto(page.url());
  await live(page);
  assert.equal(await page.locator(".chart .moment").first().textContent(), moment);
  await page.keyboard.press("Escape");
  await eventually(async () => assert.equal(await page.locator(".chart .moment").first().textContent(), ""));
  assert.equal(new URL(page.url()).searchParams.get("at"), null);
});

pageTest("space lets the picture stand still while the numbers go on", {}, async ({ page, server }) => {
  await open(page, server);
  await page.mouse.move(2, 2);
  await page.keyboard.press("Space");
  await page.locator('.shown[data-state="paused"]', { hasText: "Paused at" }).waitFor();
  // What was to be painted when it began to stand still is painted in one of the next frames.
  let picture;
  await eventually(async () => {
    picture = await fingerprint(page, "memory", "series");
    const time = await clock(page);
    await ticks(page, 3);
    assert.equal(await fingerprint(page, "memory", "series"), picture);
    assert.notEqual(await clock(page), time);
  });
  await page.locator(".pause", { hasText: "Resume" }).click();
  await eventually(async () => assert.notEqual(await fingerprint(page, "memory", "series"), picture));
});

pageTest("legend entries show one line alone and hide lines; the address has it", {}, async ({ page, server }) => {
  await open(page, server);
  const entry = (name) => panel(page, "load").getByRole("button", { name, exact: true });
  const shown = () => panel(page, "load").locator('.legend button[aria-pressed="true"] .name').allInnerTexts();
  const all = await shown();
  assert.ok(all.length > 1);
  await entry(all[0]).click();
  await eventually(async () => assert.deepEqual(await shown(), [all[0]]));
  await page.waitForURL(/[?&]hide=[0-9a-f-]+/);
  await page.goto(page.url());
  await live(page);
  assert.deepEqual(await shown(), [all[0]]);
  await entry(all[0]).click();
  await eventually(async () => assert.deepEqual(await shown(), all));
  await entry(all[1]).focus();
  await page.keyboard.press("Shift+Enter");
  await eventually(async () => assert.deepEqual(await shown(), all.filter((name) => name !== all[1])));
  assert.ok(all[1] in (await numbers(page, "load")).legend, "its number is still there");
});

pageTest("a chart that has the focus is moved by keys, and ? lists them", {}, async ({ page, server }) => {
  await open(page, server);
  await ticks(page, 10);
  const chart = panel(page, "memory").locator(".chart");
  await chart.focus();
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowLeft");
  await panel(page, "memory").locator(".tip em").first().waitFor();
  await page.keyboard.press("Enter");
  await page.waitForURL(/[?&]at=\d+/);
  await page.keyboard.press("+");
  await page.waitForURL(/[?&]from=\d+&to=\d+/);
  assert.equal(stretch(page).length, 150);
  await page.keyboard.press("-");
  await eventually(async () => assert.equal(stretch(page).length, 300));
  await page.keyboard.press("?");
  await page.locator("#keys", { hasText: "Move the cursor" }).waitFor();
  await page.keyboard.press("Escape");
  await page.locator("#keys").waitFor({ state: "hidden" });
});

/** Fingers on the page, as the browser is told of them by a touch screen. */
async function fingers(page, type, ...points) {
  const session = (fingers.session ??= await page.context().newCDPSession(page));
  await session.send("Input.dispatchTouchEvent", { type, touchPoints: points.map(([x, y], id) => ({ x, y, id })) });
}

pageTest("a finger pans, two zoom, and a finger that goes down scrolls the page", { context: { hasTouch: true, viewport: { width: 390, height: 844 } } }, async ({ page, server }) => {
  await open(page, server);
  const at = (part) => place(page, "memory", part);
  await fingers(page, "touchStart", await at(0.3));
  for (const part of [0.4, 0.5, 0.6]) {
    await fingers(page, "touchMove", await at(part));
  }
  await fingers(page, "touchEnd");
  await page.waitForURL(/\?from=\d+&to=\d+/);
  const panned = stretch(page);
  assert.equal(panned.length, 300);

  await fingers(page, "touchStart", await at(0.4), await at(0.6));
  await fingers(page, "touchMove", await at(0.3), await at(0.7));
  await fingers(page, "touchMove", await at(0.25), await at(0.75));
  await fingers(page, "touchEnd");
  await eventually(async () => assert.ok(stretch(page).length < 200, page.url()));

  const before = page.url();
  const top = await page.evaluate(() => scrollY);
  const [x, y] = await at(0.5);
  await fingers(page, "touchStart", [x, y]);
  for (const up of [30, 60, 90, 120]) {
    await fingers(page, "touchMove", [x, y - up]);
  }
  await fingers(page, "touchEnd");
  await eventually(async () => assert.notEqual(await page.evaluate(() => scrollY), top));
  assert.equal(page.url(), before);
});
