// A server of the test's own: on a free loopback port, with a data folder that goes away with it.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually, within } from "./conditions.mjs";
import { BINARY } from "./settings.mjs";
import { ENVIRONMENT, signIn, signOut } from "./signed_in.mjs";

// Below the range from which the system takes ports for outgoing connections: while a test has its server down,
// nobody else can be given its port. Chromium refuses none of these.
const FIRST_PORT = 20_000;
const PORTS = 10_000;

// What depends on how busy this machine is: a toast in the middle of another test would be in its way.
const RULES_OF_THE_MACHINE = ["cpu", "memory", "disk", "response-time", "response-time-high", "errors"];

async function quietConfig(folder) {
  const file = join(folder, "watchglass.toml");
  await writeFile(file, RULES_OF_THE_MACHINE.map((id) => `[[rules]]\nid = "${id}"\nenabled = false\n`).join(""));
  return file;
}

/**
 * Starts a server with further arguments of `watchglass serve`, and waits until it answers. `data` is a folder that it finds as
 * its own; it takes a copy.
 */
export async function startServer({ args = [], data } = {}) {
  const folder = await mkdtemp(join(tmpdir(), "watchglass-end2end-"));
  const quiet = args.includes("--config") ? [] : ["--config", await quietConfig(folder)];
  const server = new Server(await freePort(), join(folder, "data"), folder, [...quiet, ...args]);
  try {
    if (data) {
      await cp(data, join(folder, "data"), { recursive: true });
    }
    await server.start();
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
  return server;
}

/** A server that can be stopped, killed and started again at the same address. */
class Server {
  #child = null;
  #folder;
  #dataDir;
  #args;
  #killOnExit = () => this.#child?.kill("SIGKILL");

  constructor(port, dataDir, folder, args) {
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
    this.log = "";
    this.#dataDir = dataDir;
    this.#folder = folder;
    this.#args = args;
    process.on("exit", this.#killOnExit);
  }

  /** Starts the process and waits until it answers. */
  async start() {
    const args = ["serve", "--listen", `127.0.0.1:${this.port}`, "--data-dir", this.#dataDir, ...this.#args];
    const child = spawn(BINARY, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...withoutSettings(process.env), ...ENVIRONMENT } });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => (this.log += text));
    }
    let failure = null;
    child.once("error", (error) => (failure = error));
    await eventually(async () => {
      if (failure || child.exitCode !== null) {
        return;
      }
      assert.equal((await fetch(`${this.url}/api/live`)).status, 200);
    });
    if (failure || child.exitCode !== null) {
      this.#child = null;
      throw new Error(`${BINARY} ended at its start (${failure?.message ?? `exit code ${child.exitCode}`}):\n${this.log}`);
    }
    await signIn(this.url, this.#dataDir);
  }

  /** Number of the process. */
  get pid() {
    return this.#child.pid;
  }

  /** Sends a signal and waits for the end of the process. Gives its exit code and the signal that ended it. */
  async end(signal) {
    const child = this.#child;
    const ended = once(child, "exit");
    child.kill(signal);
    const [code, by] = await within(ended, `the end of the server after ${signal}`);
    this.#child = null;
    return { code, signal: by };
  }

  /** Ends the server for good and removes its files. Fails if the server had a fault of its own. */
  async close() {
    if (this.#child) {
      await this.end("SIGTERM");
    }
    process.off("exit", this.#killOnExit);
    signOut(this.url);
    await rm(this.#folder, { recursive: true, force: true });
    assert.ok(!/ ERROR |panic/.test(this.log), `the server's log speaks of a fault:\n${this.log}`);
  }
}

/** A port that was free just now. */
export async function freePort() {
  return eventually(async () => {
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS);
    const probe = createServer();
    await new Promise((resolve, reject) => probe.once("error", reject).listen(port, "127.0.0.1", resolve));
    await new Promise((resolve) => probe.close(resolve));
    return port;
  });
}

/** The settings of the person who runs the tests must not reach the server under test. */
function withoutSettings(env) {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith("WATCHGLASS_")));
}
