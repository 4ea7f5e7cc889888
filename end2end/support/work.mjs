// Work for the machine, so that there is something to see.

import { closeSync, fsyncSync, ftruncateSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { RESULTS } from "./settings.mjs";

/** Keeps one processor busy while `body` runs. */
export async function withBusyProcessor(body) {
  const worker = new Worker("for (;;) {}", { eval: true });
  try {
    return await body();
  } finally {
    await worker.terminate();
  }
}

/** Hands `body` a function that brings four mebibytes to the disk, past the system's cache. */
export async function withDiskWriter(body) {
  mkdirSync(RESULTS, { recursive: true });
  const folder = mkdtempSync(join(RESULTS, "written-"));
  const file = openSync(join(folder, "file"), "w");
  const block = Buffer.alloc(4 << 20, 1);
  try {
    return await body(() => {
      ftruncateSync(file, 0);
      writeSync(file, block, 0, block.length, 0);
      fsyncSync(file);
    });
  } finally {
    closeSync(file);
    rmSync(folder, { recursive: true, force: true });
  }
}
