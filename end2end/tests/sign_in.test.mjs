// Signing in and out, in a browser that is not signed in yet.

import assert from "node:assert/strict";
import { testBench } from "../support/case.mjs";
import { live } from "../support/overview.mjs";
import { PASSWORD } from "../support/signed_in.mjs";

const { pageTest } = testBench();
const NOBODY = { context: { storageState: { cookies: [], origins: [] } }, allow: [/status 401/, /status of 401/] };
const NOBODY_WITHOUT_SCRIPTS = { ...NOBODY, context: { ...NOBODY.context, javaScriptEnabled: false } };

async function fill(page, password) {
  await page.getByLabel("Username").fill("admin");
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

for (const [name, options] of [["with scripts", NOBODY], ["without scripts", NOBODY_WITHOUT_SCRIPTS]]) {
  pageTest(`who is not signed in is led to the page and back again, ${name}`, options, async ({ page, server }) => {
    const wanted = `${server.url}/login?next=%2Fapi%2Fdocs`;
    await page.goto(`${server.url}/api/docs`);
    assert.equal(page.url(), wanted);
    await fill(page, "not the password");
    assert.equal(await page.getByRole("alert").textContent(), "Wrong username, password or two-factor code.");
    await fill(page, PASSWORD);
    assert.equal(page.url(), `${server.url}/api/docs`);
    await page.goto(`${server.url}/login`);
    await page.getByRole("button", { name: "Sign out" }).click();
    assert.equal(page.url(), `${server.url}/login`);
    await page.goto(`${server.url}/api/docs`);
    assert.equal(page.url(), wanted);
  });
}

pageTest("a page whose session ends leads to the sign-in, and from there back", { ...NOBODY, allow: [...NOBODY.allow, /request failed/] }, async ({ page, server }) => {
  await page.goto(`${server.url}/performance`);
  await fill(page, PASSWORD);
  await live(page);
  const answer = await page.request.post(`${server.url}/api/logout`);
  assert.equal(answer.status(), 200);
  await page.waitForURL(`${server.url}/login?next=%2Fperformance`);
  await fill(page, PASSWORD);
  assert.equal(page.url(), `${server.url}/performance`);
  await page.getByRole("link", { name: "Account" }).click();
  await page.getByRole("button", { name: "Sign out" }).waitFor();
});
