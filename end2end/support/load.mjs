// Work under a name of its own, so that a rule can be about it alone.

import { copyFile, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { end, start } from "./child.mjs";
import { RESULTS } from "./settings.mjs";

/** Starts a process called `name` that keeps one processor busy: `{stop}`. */
export async function startLoad(name) {
  await mkdir(RESULTS, { recursive: true });
  const program = join(RESULTS, name);
  await copyFile("/bin/sh", program);
  const child = start(program, ["-c", "while :; do :; done"]);
  return {
    async stop() {
      await end(child, "SIGKILL");
      await rm(program, { force: true });
    },
  };
}
