// Runs the browser tests: files in parallel, except those that compare figures of the whole machine.
// `npm test -- alerts zoom` runs the files whose names contain one of the words.

import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";

/** They read CPU, disk and network usage of the machine: another test would change it. */
const EXCLUSIVE = ["numbers.test.mjs"];

const folder = fileURLToPath(new URL("tests/", import.meta.url));
const words = process.argv.slice(2);
const wanted = readdirSync(folder).toSorted().filter((name) => name.endsWith(".test.mjs") && (words.length === 0 || words.some((word) => name.includes(word))));

/** Runs files with Node's test runner; whether all passed. */
function run(names, concurrency) {
  if (names.length === 0) {
    return true;
  }
  const options = ["--test", `--test-concurrency=${concurrency}`, "--test-reporter=tap"];
  const { status } = spawnSync(process.execPath, [...options, ...names.map((name) => folder + name)], { stdio: "inherit" });
  return status === 0;
}

const results = [
  run(wanted.filter((name) => !EXCLUSIVE.includes(name)), Math.max(2, availableParallelism())),
  run(wanted.filter((name) => EXCLUSIVE.includes(name)), 1),
];
process.exitCode = results.every(Boolean) ? 0 : 1;
