// Lighthouse scores of the overview on a desktop: `npm run lighthouse`. npx downloads Lighthouse on first use, because it is
// larger than all packages of the tests. Prints figures, asserts nothing.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { startServer } from "../support/server.mjs";
import { CHROMIUM } from "../support/settings.mjs";
import { cookies } from "../support/signed_in.mjs";

const VERSION = "12.8.2";
/** Audits with a lower score are printed. */
const GOOD = 0.9;

const server = await startServer();
try {
  const [cookie] = cookies();
  const args = [
    "--yes",
    `lighthouse@${VERSION}`,
    server.url,
    "--preset=desktop",
    "--quiet",
    "--output=json",
    "--only-categories=performance,accessibility,best-practices",
    "--chrome-flags=--headless=new --no-sandbox --disable-gpu",
    `--extra-headers=${JSON.stringify({ Cookie: `${cookie.name}=${cookie.value}` })}`,
  ];
  const { stdout } = await promisify(execFile)("npx", args, { env: { ...process.env, CHROME_PATH: CHROMIUM }, maxBuffer: 2 ** 28 });
  const { categories, audits } = JSON.parse(stdout);
  for (const { title, score, auditRefs } of Object.values(categories)) {
    console.log(`lighthouse: ${title} ${Math.round(score * 100)}`);
    for (const { id, weight } of auditRefs) {
      const { score, title, displayValue } = audits[id];
      if (weight > 0 && score !== null && score < GOOD) {
        console.log(`lighthouse:   ${title}: ${displayValue ?? score}`);
      }
    }
  }
} finally {
  await server.close();
}
