// Where the programs are that the tests use, and how long they wait.

import { fileURLToPath } from "node:url";

/** The watchglass binary under test. */
export const BINARY =
  process.env.WATCHGLASS_BIN || fileURLToPath(new URL("../../target/release/watchglass", import.meta.url));

/** The browser. Playwright's own download is not used. */
export const CHROMIUM = process.env.CHROMIUM || "/usr/bin/chromium";

/** How long a test waits for something that must happen, in milliseconds. Generous: the machine may be busy. */
export const DEADLINE = 30_000;

/** Files that tests leave for people, and large files that tests write. Not in version control. */
export const RESULTS = fileURLToPath(new URL("../results/", import.meta.url));
