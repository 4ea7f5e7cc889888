// A client generated from the description of the API, and used.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import openapiTS, { astToString } from "openapi-typescript";
import { startServer } from "../support/server.mjs";
import { fetchSignedOut } from "../support/signed_in.mjs";

const FOLDER = fileURLToPath(new URL("../", import.meta.url));
const COMPILER = join(FOLDER, "node_modules/typescript/bin/tsc");
const OPTIONS = ["--strict", "--target", "es2022", "--module", "nodenext", "--moduleResolution", "nodenext", "--skipLibCheck"];

test("a client generated from the description compiles and works", { timeout: 180_000 }, async () => {
  const server = await startServer();
  // Below this folder, so that its imports are found.
  const folder = await mkdtemp(join(FOLDER, "node_modules/.client-"));
  try {
    const document = await (await fetch(`${server.url}/api/openapi.json`)).json();
    await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
    await writeFile(join(folder, "schema.ts"), astToString(await openapiTS(document, { defaultNonNullable: false })));
    await copyFile(join(FOLDER, "client/client.ts"), join(folder, "client.ts"));
    const compiled = promisify(execFile)(process.execPath, [COMPILER, ...OPTIONS, join(folder, "client.ts")]);
    await compiled.catch(({ stdout }) => assert.fail(stdout));
    const token = async (role) => {
      const body = JSON.stringify({ name: `${role} of the client`, role });
      const answer = await fetch(`${server.url}/api/admin/tokens`, { method: "POST", headers: { "content-type": "application/json" }, body });
      return (await answer.json()).data.token;
    };
    const { use } = await import(pathToFileURL(join(folder, "client.js")).href);
    const seen = await use(server.url, await token("admin"), await token("ingest"), fetchSignedOut);
    assert.ok(["green", "yellow", "red"].includes(seen.status), seen.status);
    assert.ok(seen.rules.includes("generated") && seen.silence, JSON.stringify(seen));
    const { signIn, created, deleted, ended, report } = seen;
    assert.deepEqual({ signIn, created, deleted, ended, report }, { signIn: 401, created: 200, deleted: 200, ended: 200, report: "generated" });
  } finally {
    await rm(folder, { recursive: true, force: true });
    await server.close();
  }
});
