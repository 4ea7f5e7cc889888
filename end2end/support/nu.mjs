// What the Nu validator finds in documents. It is a Java program: one call for all of them.

import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const JAR = String(createRequire(import.meta.url)("vnu-jar"));
const MAX_OUTPUT_BYTES = 64 << 20;

/** The errors in documents, which are `{name, html}`: `name, line: message: markup`. */
export async function errors(documents) {
  const folder = await mkdtemp(join(tmpdir(), "watchglass-nu-"));
  try {
    const files = documents.map((_, at) => join(folder, `${at}.html`));
    await Promise.all(documents.map(({ html }, at) => writeFile(files[at], html)));
    const args = ["-jar", JAR, "--format", "json", "--stdout", "--exit-zero-always", ...files];
    const { stdout } = await promisify(execFile)("java", args, { maxBuffer: MAX_OUTPUT_BYTES });
    const found = JSON.parse(stdout).messages.filter(({ type }) => type !== "info");
    return found.map(({ url, lastLine, message, extract }) => {
      const { name } = documents[Number(/(\d+)\.html$/.exec(url)?.[1])] ?? { name: url };
      return `${name}, ${lastLine}: ${message}: ${extract ?? ""}`;
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
