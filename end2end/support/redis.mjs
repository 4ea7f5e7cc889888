// A Redis of the test's own, whose slow log holds what the test puts there and nothing else.

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { end, output, start } from "./child.mjs";
import { eventually } from "./conditions.mjs";
import { freePort } from "./server.mjs";

/** Starts one on a free loopback port. */
export async function startRedis() {
  const redis = new Redis(await freePort(), await mkdtemp(join(tmpdir(), "watchglass-redis-")));
  await redis.start();
  return redis;
}

class Redis {
  #child;
  #folder;

  constructor(port, folder) {
    this.port = port;
    this.instance = `127.0.0.1:${port}`;
    this.args = ["--redis-targets", `redis://${this.instance}`];
    this.#folder = folder;
  }

  /** Starts it, or starts it again at the same address. */
  async start() {
    const settings = ["--bind", "127.0.0.1", "--save", "", "--dir", this.#folder, "--slowlog-log-slower-than", "-1"];
    this.#child = start("redis-server", ["--port", `${this.port}`, ...settings]);
    await eventually(async () => assert.equal(await this.run("PING"), "PONG"));
  }

  /** Runs a command. */
  run(...words) {
    return output("redis-cli", ["-p", `${this.port}`, ...words]);
  }

  /** Runs a command that counts as slow. */
  async runSlowly(...words) {
    await this.run("CONFIG", "SET", "slowlog-log-slower-than", "0");
    await this.run(...words);
    await this.run("CONFIG", "SET", "slowlog-log-slower-than", "-1");
  }

  /** Ends it as a crash would. */
  async kill() {
    await end(this.#child, "SIGKILL");
  }

  async close() {
    await end(this.#child);
    await rm(this.#folder, { recursive: true, force: true });
  }
}
