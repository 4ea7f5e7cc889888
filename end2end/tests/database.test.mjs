// The page of a PostgreSQL that is watched.

import assert from "node:assert/strict";
import { WITHOUT_SCRIPTS } from "../support/browser.mjs";
import { testBench } from "../support/case.mjs";
import { eventually } from "../support/conditions.mjs";
import { chartsPainted, live, panels, ticks } from "../support/overview.mjs";
import { startPostgres } from "../support/postgres.mjs";
import { WIDTHS, assertFits, condition, instead, list, rows } from "../support/services.mjs";

const BLOCKED = "Blocking sessions";
const STATEMENTS = "Top queries";

async function postgres() {
  const postgres = await startPostgres();
  await postgres.ask("CREATE TABLE account (id int PRIMARY KEY, name text); INSERT INTO account VALUES (1, 'sesame')");
  await postgres.ask("SELECT count(*) FROM account WHERE name = 'sesame'");
  return postgres;
}

const { pageTest } = testBench({ watched: postgres });

/** Opens the page once the server has asked for everything. */
async function openDatabase(page, server) {
  await eventually(async () => {
    const { postgres } = await (await fetch(`${server.url}/api/fn/services`)).json();
    assert.ok(postgres[0].details.statements?.length > 0);
  });
  await page.goto(`${server.url}/database`);
}

pageTest("the page lives: state, version, charts of PostgreSQL alone, and the top statements without literals", {}, async ({ page, server, watched }) => {
  await openDatabase(page, server);
  await live(page);
  await condition(page, "up");
  assert.equal(await page.title(), "Database · Watchglass");
  assert.equal(await page.locator(".service h2").innerText(), watched.instance);
  assert.match(await page.locator(".service .facts").innerText(), /^PostgreSQL \d+\.\d+$/);
  await eventually(async () => assert.ok((await panels(page)).includes("postgresql-response")));
  const ids = await chartsPainted(page);
  assert.ok(ids.length > 3 && ids.every((id) => id.startsWith("postgresql-")), `${ids}`);
  const statements = (await rows(page, STATEMENTS)).map((row) => row.at(-1));
  assert.ok(statements.includes("SELECT count(*) FROM account WHERE name = $1"), `${statements}`);
  assert.equal(await instead(page, BLOCKED), "No lock waits.");
  assert.doesNotMatch(await page.locator("body").innerText(), /sesame/);
  await ticks(page, 2);
});

pageTest("who waits for whom is seen while it lasts", {}, async ({ page, server, watched }) => {
  await openDatabase(page, server);
  await live(page);
  const holder = watched.session("BEGIN; UPDATE account SET name = 'a' WHERE id = 1;");
  const held = "SELECT pid FROM pg_stat_activity WHERE state = 'idle in transaction'";
  const pid = await eventually(async () => {
    const pid = await watched.ask(held);
    assert.match(pid, /^\d+$/);
    return pid;
  });
  const waiter = watched.session("UPDATE account SET name = 'sesame' WHERE id = 1;");
  await eventually(async () => {
    const found = await rows(page, BLOCKED);
    assert.equal(found.length, 1);
    const [, , by, database, statement] = found[0];
    assert.deepEqual([by, database, statement], [pid, "app", "UPDATE account SET name = ? WHERE id = ?;"]);
  });
  // Before anybody scrolls, it is seen that there is somebody, and where.
  const link = page.locator(".service").getByRole("link", { name: `${BLOCKED} 1` });
  await link.click();
  await eventually(async () => {
    const top = await list(page, BLOCKED).evaluate((list) => list.getBoundingClientRect().top);
    assert.ok(top >= 0 && top < 700, `the list begins at ${top}`);
  });
  await holder.end();
  await waiter.end();
  await eventually(async () => assert.equal(await instead(page, BLOCKED), "No lock waits."));
});

pageTest("without scripts everything is there to read", WITHOUT_SCRIPTS, async ({ page, server, watched }) => {
  await openDatabase(page, server);
  assert.equal(await page.locator(".service h2").innerText(), watched.instance);
  assert.equal(await page.locator(".service .word").innerText(), "Up");
  assert.ok((await rows(page, STATEMENTS)).length > 0);
});

for (const scheme of ["dark", "light"]) {
  for (const width of WIDTHS) {
    pageTest(`${scheme}, ${width} px wide, the page does not scroll sideways`, { context: { colorScheme: scheme, viewport: { width, height: 844 } } }, async ({ page, server }) => {
      await openDatabase(page, server);
      await live(page);
      await condition(page, "up");
      await assertFits(page, width);
    });
  }
}
