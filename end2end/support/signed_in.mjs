// The tests are signed in at every server that they start: their own requests with a token, their browsers with a session.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { BINARY } from "./settings.mjs";

/** Of the administrator of every server that the tests start. */
export const PASSWORD = "only for these tests";

/**
 * What the server is started with: its administrator has a password that is known, and the tests, which all call from one
 * address and look again and again until something is there, may do so as often as they like.
 */
export const ENVIRONMENT = {
  WATCHGLASS_ADMIN_PASSWORD: PASSWORD,
  WATCHGLASS_LIMITS_REST: "off",
  WATCHGLASS_LIMITS_PAGES: "off",
  WATCHGLASS_LIMITS_LIVE: "off",
};

// By the origin of a server: a token, and the cookie of a session.
const proofs = new Map();
const plainFetch = globalThis.fetch;

/** A request without authentication. */
export const fetchSignedOut = plainFetch;

// A test that asks a server itself does so as an administrator.
globalThis.fetch = (url, options = {}) => {
  const proof = proofs.get(new URL(url).origin);
  const headers = proof ? { authorization: `Bearer ${proof.token}`, ...options.headers } : options.headers;
  return plainFetch(url, { ...options, headers });
};

/** Signs in at a server that answers. After a restart nothing is to be done: sessions are kept. */
export async function signIn(url, dataDir) {
  if (proofs.has(url)) {
    return;
  }
  const args = ["token", "create", "--data-dir", dataDir, "--name", "end2end", "--role", "admin"];
  const { stdout } = await promisify(execFile)(BINARY, args);
  const body = JSON.stringify({ username: "admin", password: PASSWORD });
  const answer = await plainFetch(`${url}/api/login`, { method: "POST", headers: { "content-type": "application/json" }, body });
  assert.equal(answer.status, 200, await answer.text());
  const [name, value] = answer.headers.get("set-cookie").split(";")[0].split("=");
  proofs.set(url, { token: stdout.trim(), cookie: { name, value, url, httpOnly: true, sameSite: "Lax" } });
}

/** Forgets a server that is gone: another one may be given its port. */
export function signOut(url) {
  proofs.delete(url);
}

/** The cookies of the sessions at all servers that run. */
export function cookies() {
  return [...proofs.values()].map(({ cookie }) => cookie);
}

/** Lets a profile of a browser be signed in at all servers that run. */
export async function enter(context) {
  await context.addCookies(cookies());
}
