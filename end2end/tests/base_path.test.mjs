// Behind a reverse proxy at a sub-path: whatever a page links to, loads or sends stays below it.

import assert from "node:assert/strict";
import { WITHOUT_SCRIPTS } from "../support/browser.mjs";
import { testBench } from "../support/case.mjs";
import { eventually } from "../support/conditions.mjs";
import { isMarked, live, mark, openLive, ticks } from "../support/overview.mjs";
import { PASSWORD } from "../support/signed_in.mjs";
import { startSubPathProxy } from "../support/sub_path_proxy.mjs";

const BASE = "/ops/watch";
const PAGES = ["Trends", "Alerts", "Database", "Cache", "Performance", "Processes", "Settings", "Overview"];

const { pageTest } = testBench({ watched: async () => ({ args: ["--base-path", BASE], close: () => {} }) });

// Requests of a page that is left for another document.
const LEFT = { allow: [/^request failed: .* net::ERR_ABORTED$/] };

/** Declares a test of a page behind a proxy, which fails if anything is requested outside of the base path. */
function proxyTest(name, { strips = false, ...options }, body) {
  pageTest(name, options, async ({ page, context, t, server }) => {
    const proxy = await startSubPathProxy(server, BASE, { strips });
    // After the page, which would rightly complain.
    t.after(() => proxy.close());
    await body({ page, context, proxy });
    assert.deepEqual(proxy.outside, []);
  });
}

/** URLs of the page that lead elsewhere on this host. */
function urlsOutside(page) {
  return page.evaluate((base) => {
    const found = [];
    for (const name of ["href", "action", "formaction", "src"]) {
      for (const element of document.querySelectorAll(`[${name}]`)) {
        const url = new URL(element.getAttribute(name), document.location.href);
        if (url.origin === document.location.origin && !url.pathname.startsWith(`${base}/`)) {
          found.push(element.outerHTML.slice(0, 200));
        }
      }
    }
    return found;
  }, BASE);
}

for (const strips of [false, true]) {
  const how = strips ? "takes it off" : "passes it through";
  proxyTest(`a reader clicks through all pages below the base path of a proxy that ${how}`, { strips }, async ({ page, proxy }) => {
    await openLive(page, `${proxy.url}?window=15m`);
    assert.equal(page.url(), `${proxy.url}/?window=15m`);
    await ticks(page, 2);
    await mark(page);
    const links = page.locator('nav[aria-label="Pages"]');
    for (const name of PAGES) {
      await links.getByRole("link", { name }).click();
      await page.waitForFunction((title) => document.title.startsWith(title), name);
      await live(page);
      await ticks(page);
      const path = name === "Overview" ? "" : name.toLowerCase();
      assert.equal(page.url(), `${proxy.url}/${path}`);
      const current = await links.locator("[aria-current=page]").allTextContents();
      assert.ok(current.length === 1 && current[0].startsWith(name), current.join());
      assert.deepEqual(await urlsOutside(page), []);
    }
    assert.ok(await isMarked(page), "a link of the navigation loaded a document");
    // The brand, another window, and back: the router knows the base path as well.
    await page.locator('.choices a', { hasText: "1h" }).click();
    await page.waitForURL(`${proxy.url}/?window=1h`);
    await page.locator(".brand").click();
    await page.waitForURL(`${proxy.url}/`);
    await page.goBack();
    await page.waitForURL(`${proxy.url}/?window=1h`);
    await page.locator('.choices [aria-current="true"]', { hasText: "1h" }).waitFor();
    assert.ok(await isMarked(page), "a link of the page loaded a document");
  });
}

proxyTest("every page loads below the base path and gets live values", LEFT, async ({ page, proxy }) => {
  for (const path of ["/", "/trends", "/alerts?view=rules", "/database", "/cache", "/performance", "/processes", "/settings?view=users"]) {
    const response = await page.goto(proxy.url + path);
    assert.equal(response.status(), 200, path);
    await live(page);
    assert.equal(page.url(), proxy.url + path);
    assert.deepEqual(await urlsOutside(page), [], path);
  }
});

proxyTest("forms, the palette and the theme stay below the base path", {}, async ({ page, context, proxy }) => {
  await openLive(page, `${proxy.url}/alerts?view=rules`);
  await mark(page);
  await page.keyboard.press("Control+k");
  await page.locator("#find-q").fill("Memory");
  await page.locator("#find .found li a").first().waitFor();
  assert.deepEqual(await urlsOutside(page), []);
  await page.keyboard.press("Escape");
  // A form whose answer has a URL of its own.
  await page.locator('form[id^="rule-"][id$="-switch"] button').first().click();
  await page.locator(".flash").waitFor();
  assert.ok(page.url().startsWith(`${proxy.url}/alerts`), page.url());
  assert.ok(await isMarked(page), "the form loaded a document");
  await page.locator(".theme-switch").click();
  await eventually(async () => {
    const cookies = await context.cookies(`${proxy.url}/`);
    assert.equal(cookies.find(({ name }) => name === "theme")?.path, `${BASE}/`);
  });
  assert.deepEqual(await urlsOutside(page), []);
});

proxyTest("signing in returns to the page, with a cookie for the base path", { ...LEFT, context: { storageState: { cookies: [], origins: [] } } }, async ({ page, context, proxy }) => {
  await page.goto(`${proxy.url}/trends?window=7d`);
  assert.equal(new URL(page.url()).pathname, `${BASE}/login`);
  assert.deepEqual(await urlsOutside(page), []);
  await page.getByLabel("Username").fill("admin");
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(`${proxy.url}/trends?window=7d`);
  await live(page);
  const session = (await context.cookies(`${proxy.url}/`)).find(({ name }) => name === "watchglass");
  assert.equal(session.path, `${BASE}/`);
  await page.locator(".account").click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL(`${proxy.url}/login`);
});

proxyTest("without scripts all links lead below the base path", WITHOUT_SCRIPTS, async ({ page, proxy }) => {
  await page.goto(`${proxy.url}/`);
  for (const name of PAGES) {
    await page.locator('nav[aria-label="Pages"]').getByRole("link", { name }).click();
    await page.locator("h1").first().waitFor();
    assert.ok(page.url().startsWith(`${proxy.url}/`), page.url());
  }
});

pageTest("the server itself redirects to the base path", {}, async ({ page, server }) => {
  await page.goto(`${server.url}/alerts?view=rules`);
  await live(page);
  assert.equal(page.url(), `${server.url}${BASE}/alerts?view=rules`);
  const manifest = await (await fetch(`${server.url}${BASE}/watchglass.webmanifest`)).json();
  for (const url of [manifest.start_url, manifest.scope, ...manifest.icons.map(({ src }) => src)]) {
    const resolved = new URL(url, `${server.url}${BASE}/watchglass.webmanifest`);
    assert.ok(resolved.pathname.startsWith(`${BASE}/`), url);
    assert.equal((await fetch(resolved)).status, 200, url);
  }
});
