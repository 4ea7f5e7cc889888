// Pages look as they did: in both themes, on a desk and in a hand. `npm run pictures` takes how they look now for how they should.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launchBrowser, withPage } from "../support/browser.mjs";
import { live } from "../support/overview.mjs";
import { difference, keep, leave, picture, reference, widths } from "../support/pictures.mjs";
import { copyOfProc, diskLine, netDev } from "../support/proc_copy.mjs";
import { startServer } from "../support/server.mjs";

/** So much of a picture may differ. A line of text that moved by its height is more. */
const TOLERANCE = 0.01;
const TIMEOUT = 180_000;
const UPDATES = process.env.UPDATE_PICTURES === "1";

// A machine on which nothing happens, so that every page has the same boxes everywhere.
const QUIET_MACHINE = {
  stat: "cpu  100 0 100 800 0 0 0 0 0 0\ncpu0 50 0 50 400 0 0 0 0 0 0\ncpu1 50 0 50 400 0 0 0 0 0 0\nctxt 1\nbtime 1700000000\nprocesses 100\nprocs_running 1\nprocs_blocked 0\n",
  meminfo: "MemTotal: 8000000 kB\nMemFree: 4000000 kB\nMemAvailable: 6000000 kB\nBuffers: 100000 kB\nCached: 1900000 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\nShmem: 1000 kB\nSReclaimable: 1000 kB\n",
  loadavg: "0.10 0.20 0.30 1/100 1000\n",
  diskstats: diskLine("sda", 1000),
  "1/net/dev": netDev("eth0", 1000),
};

const PAGES = [
  ["overview", "/"],
  ["trends", "/trends"],
  ["database", "/database"],
  ["alerts", "/alerts"],
  ["rules", "/alerts?view=rules"],
  ["settings", "/settings"],
];
const KINDS = [
  ["dark", { width: 1440, height: 900 }],
  ["light", { width: 1440, height: 900 }],
  ["light", { width: 390, height: 844 }],
];

let [browser, proc, server, scratch, fonts] = [];

before(async () => {
  browser = await launchBrowser();
  proc = await copyOfProc(QUIET_MACHINE);
  server = await startServer({ args: ["--host-proc", proc.path, "--host-name", "picture"] });
  scratch = await (await browser.newContext()).newPage();
  fonts = JSON.stringify(await widths(scratch));
  if (UPDATES) {
    await keep("fonts.json", fonts);
  }
});
after(async () => {
  await browser?.close();
  await server?.close();
  await proc?.close();
});

/** The picture once two that follow each other are the same: pieces of a page come after it. */
async function settled(page) {
  let last = await picture(page, scratch);
  for (let count = 0; count < 20; count += 1) {
    const next = await picture(page, scratch);
    if ((await difference(scratch, last, next)) === 0) {
      return next;
    }
    last = next;
  }
  return last;
}

function pictureTest(name, path, theme, viewport, { signedIn }) {
  const file = `${name}-${theme}-${viewport.width}.png`;
  test(`${name} looks as it did, ${theme}, ${viewport.width} wide`, { timeout: TIMEOUT }, async (t) => {
    if (String((await reference("fonts.json")) ?? fonts) !== fonts) {
      t.skip("this machine has other fonts than the one of the pictures");
      return;
    }
    // The policy of the page is right to refuse what hides its numbers here; headers.test.mjs looks after it.
    const storageState = signedIn ? undefined : { cookies: [], origins: [] };
    await withPage(browser, { name, context: { viewport, colorScheme: theme, storageState, bypassCSP: true } }, async (page) => {
      await page.goto(server.url + path);
      await (signedIn ? live(page) : page.locator("form").first().waitFor());
      await page.waitForLoadState("networkidle").catch(() => {});
      const now = await settled(page);
      if (UPDATES) {
        await keep(file, now);
        return;
      }
      const known = await reference(file);
      assert.ok(known, `there is no ${file}: npm run pictures makes it`);
      const part = await difference(scratch, known, now);
      if (part > TOLERANCE) {
        await leave(file, now);
      }
      assert.ok(part <= TOLERANCE, `${(part * 100).toFixed(1)} % of the picture differ: compare end2end/results/${file} with end2end/pictures/${file}`);
    });
  });
}

for (const [theme, viewport] of KINDS) {
  pictureTest("sign-in", "/login", theme, viewport, { signedIn: false });
  for (const [name, path] of PAGES) {
    pictureTest(name, path, theme, viewport, { signedIn: true });
  }
}

test("a page of another theme, or with a box that moved, is another picture", { timeout: TIMEOUT }, async () => {
  await withPage(browser, { name: "moved", context: { colorScheme: "light", bypassCSP: true } }, async (page) => {
    await page.goto(`${server.url}/database`);
    await live(page);
    const light = await settled(page);
    assert.equal(await difference(scratch, light, light), 0);
    await page.addStyleTag({ content: "main { padding-top: 60px !important }" });
    assert.ok((await difference(scratch, light, await settled(page))) > TOLERANCE);
    await page.emulateMedia({ colorScheme: "dark" });
    assert.ok((await difference(scratch, light, await settled(page))) > 0.5);
  });
});
