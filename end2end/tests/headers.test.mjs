// What browsers may do with answers: headers of every kind of answer, scripts with nonces, cookies. Every page lives under its policy:
// a browser that refuses something says so in the console, which fails each of these tests.

import assert from "node:assert/strict";
import { testBench } from "../support/case.mjs";
import { eventually } from "../support/conditions.mjs";
import { live } from "../support/overview.mjs";
import { PASSWORD } from "../support/signed_in.mjs";

const { pageTest } = testBench();

const LIVING = ["/", "/alerts", "/alerts?view=rules", "/database", "/cache", "/trends", "/performance", "/processes", "/settings"];
const STILL = ["/api/docs", "/login"];
const ALWAYS = { "x-content-type-options": "nosniff", "referrer-policy": "same-origin" };
// What browsers read of documents alone.
const OF_PAGES = { "x-frame-options": "DENY", "cross-origin-opener-policy": "same-origin" };

/** The parts of a policy by their names. */
function parts(headers) {
  const policy = headers["content-security-policy"] ?? "";
  return new Map(policy.split(";").map((part) => part.trim().split(" ")).map(([name, ...sources]) => [name, sources]));
}

function assertUsual(headers, path) {
  const isPage = headers["content-type"].startsWith("text/html");
  for (const [name, value] of Object.entries(isPage ? { ...ALWAYS, ...OF_PAGES } : ALWAYS)) {
    assert.equal(headers[name], value, `${name} of ${path}`);
  }
  assert.ok(!isPage || /camera=\(\)/.test(headers["permissions-policy"]), path);
  assert.equal(headers["strict-transport-security"], undefined, path);
  const policy = parts(headers);
  for (const name of ["default-src", "base-uri", "frame-ancestors"]) {
    assert.deepEqual(policy.get(name), ["'none'"], `${name} of ${path}`);
  }
  assert.doesNotMatch(headers["content-security-policy"], /unsafe-inline|'unsafe-eval'|\*|https?:|data:/, path);
}

for (const path of LIVING) {
  pageTest(`${path} comes to life with nothing in it but what its policy lets in`, {}, async ({ page, server }) => {
    const response = await page.goto(server.url + path);
    const headers = await response.allHeaders();
    assertUsual(headers, path);
    const sources = parts(headers).get("script-src");
    const nonce = sources.find((source) => source.startsWith("'nonce-")).slice(7, -1);
    assert.deepEqual(sources, ["'self'", `'nonce-${nonce}'`, "'wasm-unsafe-eval'"]);
    const text = await response.text();
    const tags = [...text.matchAll(/<script[^>]*>/g)].map(([tag]) => tag);
    assert.ok(tags.length > 0);
    for (const tag of tags) {
      assert.match(tag, new RegExp(`nonce="${nonce}"`), tag);
    }
    assert.doesNotMatch(text, /<style|\sstyle="|\son[a-z]+="|javascript:/);
    // That it runs is seen by a control that answers.
    await eventually(async () => {
      await page.locator(".theme-switch").click();
      assert.notEqual(await page.locator("html").getAttribute("data-theme"), null);
    });
  });
}

for (const path of STILL) {
  pageTest(`${path} is shown in its styles and allows no script`, {}, async ({ page, server }) => {
    const response = await page.goto(server.url + path);
    const headers = await response.allHeaders();
    assertUsual(headers, path);
    assert.equal(parts(headers).has("script-src"), false);
    assert.equal(await page.locator("script").count(), 0);
    assert.ok(await page.evaluate(() => [...document.styleSheets].every((sheet) => sheet.cssRules.length > 0)));
  });
}

pageTest("what is written into a page does not run", { allow: [/Content Security Policy/] }, async ({ page, server }) => {
  await page.goto(server.url);
  await live(page);
  const refused = await page.evaluate(async () => {
    const events = [];
    document.addEventListener("securitypolicyviolation", (event) => events.push(event.effectiveDirective));
    const script = document.createElement("script");
    script.textContent = "window.ran = true";
    document.body.append(script);
    document.body.insertAdjacentHTML("beforeend", '<p id="styled" style="color: rgb(1, 2, 3)" onclick="window.ran = true">x</p>');
    document.getElementById("styled").click();
    while (events.length < 3) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return { events: [...new Set(events)].sort(), ran: window.ran ?? false, color: getComputedStyle(document.getElementById("styled")).color };
  });
  assert.deepEqual(refused.events, ["script-src-attr", "script-src-elem", "style-src-attr"]);
  assert.equal(refused.ran, false);
  assert.notEqual(refused.color, "rgb(1, 2, 3)");
});

pageTest("files, the API and refusals are what they say, and allow nothing", {}, async ({ page, server }) => {
  const response = await page.goto(server.url);
  const [file] = (await response.text()).match(/\/pkg\/[^"']+\.js/) ?? [];
  assert.ok(file, "the page names its program");
  for (const path of [file, "/favicon.svg", "/api/live", "/api/openapi.json", "/metrics", "/api/admin/rules", "/api/no-such-thing"]) {
    const answer = await fetch(server.url + path);
    const headers = Object.fromEntries(answer.headers);
    assertUsual(headers, path);
    assert.equal(parts(headers).has("script-src"), false, path);
  }
});

const NOBODY = { context: { storageState: { cookies: [], origins: [] } } };

pageTest("the cookie of a session is for this server's pages alone", NOBODY, async ({ page, context, server }) => {
  await page.goto(`${server.url}/login`);
  await page.getByLabel("Username").fill("admin");
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(`${server.url}/`);
  const [cookie] = (await context.cookies(server.url)).filter(({ name }) => name.endsWith("watchglass"));
  assert.deepEqual(
    { name: cookie.name, httpOnly: cookie.httpOnly, sameSite: cookie.sameSite, secure: cookie.secure, path: cookie.path },
    // On a loopback address nothing is encrypted.
    { name: "watchglass", httpOnly: true, sameSite: "Lax", secure: false, path: "/" },
  );
  assert.equal(await page.evaluate(() => document.cookie.includes("watchglass=")), false);
});
