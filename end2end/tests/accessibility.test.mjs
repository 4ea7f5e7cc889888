// What those need who do not use a mouse, or do not see the page.

import assert from "node:assert/strict";
import { findings } from "../support/axe.mjs";
import { eventually } from "../support/conditions.mjs";
import { openLive } from "../support/overview.mjs";
import { testBench } from "../support/case.mjs";

const { pageTest } = testBench();

/** The page as assistive technology is given it: `[{role, name, focusable}]`. */
async function accessibilityTree(page) {
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send("Accessibility.getFullAXTree");
  return nodes
    .filter((node) => !node.ignored)
    .map((node) => ({
      role: node.role.value,
      name: node.name?.value ?? "",
      focusable: node.properties?.some(({ name, value }) => name === "focusable" && value.value === true) ?? false,
    }));
}

pageTest("one heading of the first level, and landmarks", {}, async ({ page, server }) => {
  await openLive(page, server.url);
  assert.equal(await page.locator("h1").count(), 1);
  const tree = await accessibilityTree(page);
  const roles = tree.map(({ role }) => role);
  assert.equal(roles.filter((role) => role === "main").length, 1);
  assert.equal(roles.filter((role) => role === "banner").length, 1);
  const navigations = tree.filter(({ role }) => role === "navigation").map(({ name }) => name);
  assert.deepEqual(navigations, ["Pages", "Time window"]);
});

pageTest("headings go down one level at a time", {}, async ({ page, server }) => {
  await openLive(page, server.url);
  const levels = await page.locator("h1, h2, h3, h4").evaluateAll((headings) => headings.map(({ tagName }) => Number(tagName[1])));
  levels.reduce((before, level) => {
    assert.ok(level <= before + 1, `the levels of the headings are ${levels}`);
    return level;
  }, 0);
});

pageTest("every control and every chart has a name, no two charts the same", {}, async ({ page, server }) => {
  await openLive(page, server.url);
  const tree = await accessibilityTree(page);
  const controls = tree.filter(({ role, focusable }) => focusable && !["RootWebArea", "main"].includes(role));
  assert.ok(controls.length >= 6, `${controls.length} controls`);
  assert.deepEqual(controls.filter(({ name }) => name.trim() === ""), []);
  // A panel comes with its first series, which may be between two looks.
  const charts = await eventually(async () => {
    const isChart = ({ role, name }) => ["image", "img"].includes(role) && name.startsWith("Chart: ");
    const charts = (await accessibilityTree(page)).filter(isChart);
    assert.equal(charts.length, await page.locator(".panel:not([hidden]) .chart").count());
    return charts;
  });
  assert.equal(new Set(charts.map(({ name }) => name)).size, charts.length);
});

pageTest("ids are unique and the language is set", {}, async ({ page, server }) => {
  await openLive(page, server.url);
  assert.equal(await page.locator("html").getAttribute("lang"), "en");
  const ids = await page.locator("[id]").evaluateAll((elements) => elements.map(({ id }) => id));
  assert.deepEqual(ids.filter((id, at) => ids.indexOf(id) !== at), []);
});

/** Presses Tab through the page. Gives a line for each element that has the focus, and whether that is seen. */
async function tabThrough(page) {
  const found = [];
  for (let press = 0; press < 400; press += 1) {
    await page.keyboard.press("Tab");
    const focused = await page.evaluate(() => {
      const element = document.activeElement;
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      const { top, bottom } = element.getBoundingClientRect();
      return {
        name: element.getAttribute("aria-label") ?? element.textContent.trim(),
        tag: element.tagName,
        outlined: outlineStyle !== "none" && Number.parseFloat(outlineWidth) >= 1,
        inSight: bottom > 0 && top < innerHeight,
      };
    });
    if (focused.tag === "BODY") {
      break;
    }
    found.push(focused);
  }
  return found;
}

/** What the charts that are shown are called, in their order. */
function chartNames(page) {
  return page.locator(".panel:not([hidden]) .chart").evaluateAll((all) => all.map((chart) => chart.getAttribute("aria-label")));
}

pageTest("Tab reaches every control in order, and the focus is seen", {}, async ({ page, server }) => {
  await openLive(page, server.url);
  const before = await chartNames(page);
  const found = await tabThrough(page);
  // How many alerts fire is said behind the name of their page, and depends on the machine.
  const names = found.map(({ name }) => name.replace(/^Alerts \d+$/, "Alerts"));
  const head = [
    "Skip to content",
    "Watchglass",
    "Overview",
    "Trends",
    "Alerts",
    "Database",
    "Cache",
    "Performance",
    "Processes",
    "Settings",
    "Switch times between Local and UTC",
    "Switch between dark and light",
    "Search",
    "Account",
    "5m: show the last 5 minutes",
    "15m: show the last 15 minutes",
    "1h: show the last hour",
    "Pause",
  ];
  assert.deepEqual(names.slice(0, head.length), head);
  const rest = names.slice(head.length);
  // What is wrong depends on the machine too; the cards are always there, in their order.
  const cards = ["Host", "Database", "Redis", "Requests", "Errors", "Latency"];
  assert.deepEqual(rest.filter((name) => cards.includes(name)), cards);
  // Behind them stand the charts, each before the lines of its legend.
  // Commands come and go while one tabs, and where the focus was may be gone; a panel may come behind it, too.
  const charts = (await chartNames(page)).filter((name) => before.includes(name) && !name.includes("Top processes"));
  assert.ok(charts.length > 1);
  assert.deepEqual(rest.filter((name) => charts.includes(name)), charts);
  assert.ok(rest.indexOf(charts[0]) > rest.indexOf("Latency"));
  assert.ok(rest.length > charts.length, "the lines of the legends can be reached");
  assert.deepEqual(found.filter(({ outlined, inSight }) => !outlined || !inSight), []);
});

pageTest("the skip link leads past the top bar", {}, async ({ page, server }) => {
  await openLive(page, server.url);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await eventually(async () => {
    assert.equal(await page.evaluate(() => document.activeElement.id), "main");
  });
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-label")), "5m: show the last 5 minutes");
});

pageTest("the keyboard chooses a window and a theme", {}, async ({ page, server }) => {
  await openLive(page, server.url);
  await page.getByRole("link", { name: "1h: show the last hour" }).focus();
  await page.keyboard.press("Enter");
  await page.waitForURL(`${server.url}/?window=1h`);
  await page.getByRole("button", { name: "Switch between dark and light" }).focus();
  await page.keyboard.press("Space");
  await eventually(async () => assert.notEqual(await page.locator("html").getAttribute("data-theme"), null));
});

pageTest("a change of the connection is told to those who hear the page", {}, async ({ page, server }) => {
  await openLive(page, server.url);
  const status = page.locator('.connection [role="status"]');
  await eventually(async () => assert.equal(await status.textContent(), "Connection: live"));
});

// The parts that the server makes, with the numbers that they wait for.
const PAGES = { "/": ".vital .spark", "/performance": "#routes-p95", "/processes": "#commands-cpu", "/settings": "#all-settings" };

for (const [path, ready] of Object.entries(PAGES)) {
  for (const colorScheme of ["dark", "light"]) {
    for (const width of [1440, 390]) {
      pageTest(`axe finds nothing on ${path}, ${colorScheme}, ${width} px`, { context: { colorScheme, viewport: { width, height: 900 } } }, async ({ page, server }) => {
        await openLive(page, server.url + path);
        await page.locator(ready).first().waitFor();
        assert.deepEqual(await findings(page), []);
        assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= width, "the page scrolls sideways");
      });
    }
  }
}
