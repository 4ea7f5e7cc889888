// The clock that times are told by: the reader's, or UTC.

import assert from "node:assert/strict";
import { WITHOUT_SCRIPTS } from "../support/browser.mjs";
import { testBench } from "../support/case.mjs";
import { eventually } from "../support/conditions.mjs";
import { clock, live, openLive } from "../support/overview.mjs";

const { pageTest } = testBench();

// Half an hour off, so that no wrong whole hour can pass.
const KOLKATA = { context: { timezoneId: "Asia/Kolkata" } };

/** How many minutes the page's clock is ahead of UTC, to the nearest half hour. */
async function ahead(page) {
  const [hours, minutes] = (await clock(page)).split(":").map(Number);
  const now = new Date();
  const apart = hours * 60 + minutes - (now.getUTCHours() * 60 + now.getUTCMinutes());
  return (Math.round(apart / 30) * 30 + 1440) % 1440;
}

function choice(page) {
  return page.getByRole("button", { name: "Switch times between Local and UTC" });
}

pageTest("times are the reader's; the switch turns them to UTC, also those of lists, and it is remembered", KOLKATA, async ({ page, server }) => {
  await openLive(page, `${server.url}/trends`);
  await eventually(async () => assert.equal(await ahead(page), 330));
  assert.equal(await choice(page).innerText(), "Local");
  const field = page.locator("#trends-from");
  const local = await eventually(async () => {
    const millis = await field.evaluate((field) => field.valueAsNumber);
    assert.ok(millis > Date.now() + 3 * 3_600_000, "the field is on the reader's clock");
    return millis;
  });
  await choice(page).click();
  assert.equal(await choice(page).innerText(), "UTC");
  await eventually(async () => assert.equal(await ahead(page), 0));
  assert.equal(await field.evaluate((field) => field.valueAsNumber), local - 330 * 60_000);
  assert.equal(await page.locator("[data-zone-name]").textContent(), "UTC");
  assert.equal(await page.locator("input[data-zone]").inputValue(), "0");

  await page.reload();
  await live(page);
  await eventually(async () => assert.equal(await ahead(page), 0));
  assert.equal(await choice(page).innerText(), "UTC");
  await choice(page).click();
  await eventually(async () => assert.equal(await ahead(page), 330));
  assert.equal(await choice(page).innerText(), "Local");
});

pageTest("moments that the server has written follow the switch", KOLKATA, async ({ page, server }) => {
  await openLive(page, `${server.url}/processes`);
  const moments = () =>
    page.locator(".fragment time[datetime]").evaluateAll((times) =>
      times.map((time) => [time.getAttribute("datetime"), time.getAttribute("title") ?? time.textContent]),
    );
  const shown = (millis, minutes) => new Date(millis + minutes * 60_000).toISOString().slice(11, 19);
  for (const minutes of [330, 0, 330]) {
    await eventually(async () => {
      const found = await moments();
      assert.ok(found.length > 0, "the page has moments");
      for (const [machine, text] of found) {
        assert.ok(text.includes(shown(Date.parse(machine), minutes)), `${machine} is ${text}`);
      }
    });
    await choice(page).click();
  }
});

pageTest("without scripts there is no switch, and times say that they are in UTC", WITHOUT_SCRIPTS, async ({ page, server }) => {
  await page.goto(server.url);
  assert.equal(await choice(page).isVisible(), false);
});
