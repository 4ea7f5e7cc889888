// The menu of a chart: what it shows otherwise, its numbers, its copies, the full screen.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { findings } from "../support/axe.mjs";
import { WITHOUT_SCRIPTS } from "../support/browser.mjs";
import { fingerprint, rememberTexts, texts } from "../support/canvas.mjs";
import { testBench } from "../support/case.mjs";
import { eventually } from "../support/conditions.mjs";
import { chartsPainted, isMarked, live, mark, openLive, panel, ticks } from "../support/overview.mjs";

const { pageTest } = testBench();

const CLIPBOARD = { context: { permissions: ["clipboard-read", "clipboard-write"] } };

async function open(page, server, path = "/") {
  await openLive(page, server.url + path);
  await chartsPainted(page);
  await panel(page, "memory").scrollIntoViewIfNeeded();
  await mark(page);
}

function menu(page, id) {
  return panel(page, id).locator(".menu");
}

async function openMenu(page, id) {
  await panel(page, id).locator(".menu-button").click();
  await menu(page, id).waitFor();
}

/** Waits until something is said, and gives it. */
async function said(page, words) {
  await page.locator("#toasts .toast", { hasText: words }).waitFor();
}

pageTest("the menu opens by pointer and keys, and closes with Escape; nothing in it offends axe", {}, async ({ page, server }) => {
  await open(page, server);
  await openMenu(page, "memory");
  const names = (await menu(page, "memory").locator("a, button").allTextContents()).map((text) => text.trim());
  assert.deepEqual(names, ["Log axis", "Clip at p99", "View data", "CSV", "Full screen", "Copy link", "Copy as PNG"]);
  assert.deepEqual(await findings(page), []);
  await page.keyboard.press("Escape");
  await menu(page, "memory").waitFor({ state: "hidden" });
  await page.keyboard.press("Enter");
  await menu(page, "memory").waitFor();
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Log axis");
});

pageTest("a logarithmic axis and cut off outliers are in the address, and Back undoes them", {}, async ({ page, server }) => {
  await rememberTexts(page);
  await open(page, server);
  const labels = async () => (await texts(page, "load")).filter((text) => !text.includes(":"));
  const words = panel(page, "load").locator(".look");
  const even = await eventually(async () => {
    const found = await labels();
    assert.ok(found.includes("0"), `an even axis has a zero: ${found}`);
    return found;
  });
  await openMenu(page, "load");
  await menu(page, "load").getByText("Log axis").click();
  await page.waitForURL(/[?&]log=load$/);
  await words.getByText("Logarithmic axis").waitFor();
  await eventually(async () => assert.ok(!(await labels()).includes("0"), `a logarithmic axis has no zero: ${await labels()}`));
  await menu(page, "load").locator('[aria-current="true"]', { hasText: "Log axis" }).waitFor();
  await page.keyboard.press("Escape");

  await panel(page, "load").locator(".chart").focus();
  await page.keyboard.press("o");
  await page.waitForURL(/[?&]clip=load/);
  await words.getByText("Clipped at p99").waitFor();
  // The reader who opens the address sees the same.
  await page.goto(page.url());
  await live(page);
  await words.getByText("Logarithmic axis. Clipped at p99").waitFor();
  await eventually(async () => assert.ok(!(await labels()).includes("0")));
  await page.goBack();
  await page.goBack();
  await eventually(async () => assert.equal(new URL(page.url()).search, ""));
  await eventually(async () => assert.ok((await labels()).includes("0"), `${await labels()} and not ${even}`));
});

// A browser calls it an abortion when an answer becomes a file.
const DOWNLOAD = { allow: [/^request failed: .*\/csv\?window=15m net::ERR_ABORTED$/] };

pageTest("the numbers of a chart are one key away, as a table and as a file", DOWNLOAD, async ({ page, server }) => {
  await open(page, server, "/?window=15m");
  await panel(page, "memory").locator(".chart").focus();
  const [file] = await Promise.all([page.waitForEvent("download"), page.keyboard.press("d")]);
  assert.equal(file.suggestedFilename(), "watchglass-memory.csv");
  const [head, ...rows] = (await readFile(await file.path(), "utf8")).split("\r\n");
  assert.match(head, /^time,"host_memory_/);
  assert.ok(rows.some((row) => /^\d{4}-\d\d-\d\dT.*,\d/.test(row)), `${rows.slice(0, 3)}`);

  await page.keyboard.press("t");
  await page.waitForURL(`${server.url}/panels/memory?window=15m`);
  await page.getByRole("heading", { name: "Memory: data" }).waitFor();
  assert.ok((await page.locator("tbody tr").count()) > 0);
  assert.deepEqual(await findings(page), []);
  assert.equal(await page.getByRole("link", { name: /^Download CSV/ }).getAttribute("href"), "/panels/memory/csv?window=15m");
});

pageTest("without scripts the menu has what can be a link", WITHOUT_SCRIPTS, async ({ page, server }) => {
  await eventually(async () => {
    await page.goto(server.url);
    assert.ok(await panel(page, "memory").isVisible());
  });
  await openMenu(page, "memory");
  const seen = menu(page, "memory").locator("a:visible, button:visible");
  assert.deepEqual((await seen.allTextContents()).map((text) => text.trim()), ["Log axis", "Clip at p99", "View data", "CSV"]);
  await menu(page, "memory").getByText("Log axis").click();
  await page.waitForURL(`${server.url}/?log=memory`);
  await panel(page, "memory").locator(".look", { hasText: "Logarithmic axis" }).waitFor();
  await openMenu(page, "memory");
  await menu(page, "memory").getByText("View data").click();
  await page.getByRole("heading", { name: "Memory: data" }).waitFor();
});

pageTest("a chart fills the screen, and Escape leaves it", {}, async ({ page, server }) => {
  await open(page, server);
  const height = async () => (await panel(page, "memory").locator(".chart").boundingBox()).height;
  const before = await height();
  await panel(page, "memory").locator(".chart").focus();
  await page.keyboard.press("f");
  await page.waitForFunction(() => document.fullscreenElement?.dataset.panel === "memory");
  await eventually(async () => assert.ok((await height()) > 2 * before, `${await height()} after ${before}`));
  // The canvases have as many pixels as they cover.
  await eventually(async () => {
    const { width, client } = await panel(page, "memory").locator("canvas").first().evaluate((canvas) => ({ width: canvas.width / devicePixelRatio, client: canvas.clientWidth }));
    assert.ok(Math.abs(width - client) <= 1, `${width} of ${client}`);
  });
  await page.keyboard.press("f");
  await page.waitForFunction(() => document.fullscreenElement === null);
  await eventually(async () => assert.equal(await height(), before));
});

pageTest("the link that is copied shows the same stretch of time later, hidden lines and all", CLIPBOARD, async ({ page, server }) => {
  await open(page, server, "/?log=memory.cpu");
  const hidden = panel(page, "load").locator(".legend button").first();
  await hidden.click({ modifiers: ["Shift"] });
  await page.waitForURL(/[?&]hide=/);
  await openMenu(page, "memory");
  await menu(page, "memory").getByText("Copy link").click();
  await said(page, "Link copied");
  const link = new URL(await page.evaluate(() => navigator.clipboard.readText()));
  assert.equal(link.origin, server.url);
  assert.equal(link.hash, "#panel-memory");
  assert.equal(link.searchParams.get("log"), "memory.cpu");
  assert.equal(link.searchParams.get("hide"), new URL(page.url()).searchParams.get("hide"));
  const [from, to] = ["from", "to"].map((name) => Number(link.searchParams.get(name)));
  assert.equal(to - from, 300_000);
  await page.goto(link.href);
  await live(page);
  await page.locator('.shown[data-state="past"]', { hasText: "Showing" }).waitFor();
  await panel(page, "memory").locator(".look", { hasText: "Logarithmic axis" }).waitFor();
});

pageTest("a chart is copied as a picture, with its title and legend", CLIPBOARD, async ({ page, server }) => {
  await open(page, server);
  await ticks(page, 2);
  await openMenu(page, "memory");
  await menu(page, "memory").getByText("Copy as PNG").click();
  await said(page, "Image copied");
  const box = await panel(page, "memory").locator(".chart").boundingBox();
  const { width, height, ground, inked } = await page.evaluate(async () => {
    const [item] = await navigator.clipboard.read();
    const bitmap = await createImageBitmap(await item.getType("image/png"));
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, bitmap.width, 40);
    let inked = 0;
    for (let at = 0; at < data.length; at += 4) {
      inked += Math.abs(data[at] - data[0]) > 40 ? 1 : 0;
    }
    return { width: bitmap.width, height: bitmap.height, ground: [...data.subarray(0, 4)], inked };
  });
  assert.ok(width >= box.width && height > box.height + 36, `${width} × ${height}`);
  assert.equal(ground[3], 255);
  assert.ok(inked > 50, "it has a title");
  assert.ok(await isMarked(page), "the page was loaded again");
});

pageTest("where the clipboard is refused, the picture is saved", { context: { permissions: [] } }, async ({ page, server }) => {
  await page.addInitScript(() => Object.defineProperty(navigator, "clipboard", { value: undefined }));
  await open(page, server);
  await panel(page, "memory").locator(".chart").focus();
  const [file] = await Promise.all([page.waitForEvent("download"), page.keyboard.press("p")]);
  assert.equal(file.suggestedFilename(), "watchglass-memory.png");
  const bytes = await readFile(await file.path());
  assert.equal(bytes.subarray(1, 4).toString(), "PNG");
  await said(page, "Image saved as a file");
});

pageTest("a chart that is cut off says where", {}, async ({ page, server }) => {
  await open(page, server);
  const before = await fingerprint(page, "memory", "series");
  await panel(page, "memory").locator(".chart").focus();
  await page.keyboard.press("o");
  await panel(page, "memory").locator(".look", { hasText: "Clipped at p99" }).waitFor();
  // The ceiling of the memory is what would press its lines to the ground.
  await eventually(async () => assert.notEqual(await fingerprint(page, "memory", "series"), before));
});
