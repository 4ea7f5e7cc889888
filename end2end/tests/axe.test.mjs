// What axe-core finds on the pages that no other test has it look at: nothing, in both themes, on a desk and on a phone.

import assert from "node:assert/strict";
import { findings } from "../support/axe.mjs";
import { testBench } from "../support/case.mjs";
import { eventually } from "../support/conditions.mjs";
import { openLive } from "../support/overview.mjs";
import { startPostgres } from "../support/postgres.mjs";
import { startRedis } from "../support/redis.mjs";

/** Both kinds of servers, so that their pages have lists. */
async function services() {
  const [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
  return {
    args: [...postgres.args, ...redis.args],
    close: async () => {
      await postgres.close();
      await redis.close();
    },
  };
}

const { pageTest } = testBench({ watched: services });

/** Paths, and what is waited for there: the last that comes. */
const WATCHED = {
  "/trends": ".panel .stats",
  "/trends?compare=1": ".panel .stats",
  "/database": ".service .facts",
  "/cache": ".service .facts",
  "/settings?view=account": "form",
  "/settings?view=users": ".rows .row",
  "/settings?view=tokens": ".rows .row",
  "/settings?view=sessions": ".rows .row",
  "/settings?view=audit": ".rows",
};

async function assertFine(page, path, ready, width) {
  await page.locator(ready).first().waitFor();
  await eventually(async () => assert.deepEqual(await findings(page), [], path));
  assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= width, `${path} scrolls sideways`);
}

for (const colorScheme of ["dark", "light"]) {
  for (const width of [1440, 390]) {
    const context = { colorScheme, viewport: { width, height: 900 } };
    const of = `${colorScheme}, ${width} px`;
    pageTest(`axe finds nothing on pages with past, services and people, ${of}`, { context }, async ({ page, server }) => {
      for (const [path, ready] of Object.entries(WATCHED)) {
        await openLive(page, server.url + path);
        await assertFine(page, path, ready, width);
      }
    });
    pageTest(`axe finds nothing where there is no page, ${of}`, { context, allow: [/404/] }, async ({ page, server }) => {
      await page.goto(`${server.url}/no-such-page`);
      await assertFine(page, "/no-such-page", "h1", width);
    });
    pageTest(`axe finds nothing where one signs in, ${of}`, { context: { ...context, storageState: { cookies: [], origins: [] } } }, async ({ page, server }) => {
      await page.goto(`${server.url}/login`);
      await assertFine(page, "/login", "form", width);
    });
  }
}
