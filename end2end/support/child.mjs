// Programs that tests start: run to their end, or kept until the test ends them.

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";
import { within } from "./conditions.mjs";

const execute = promisify(execFile);

/** Runs a program to its end and gives what it wrote. Fails if the program does. */
export async function output(program, args, options = {}) {
  return (await execute(program, args, options)).stdout.trim();
}

/** Starts a program that stays. */
export function start(program, args, options = {}) {
  const child = spawn(program, args, { stdio: ["pipe", "ignore", "ignore"], ...options });
  const killOnExit = () => child.kill("SIGKILL");
  process.on("exit", killOnExit);
  child.once("exit", () => process.off("exit", killOnExit));
  // A program that cannot be started is found out by whoever waits for it.
  child.on("error", () => {});
  child.stdin.on("error", () => {});
  return child;
}

/** Ends a program that `start` started, and waits until it has ended. */
export async function end(child, signal = "SIGTERM") {
  if (child.exitCode !== null || child.signalCode !== null) {
    return;
  }
  const ended = once(child, "exit");
  child.kill(signal);
  await within(ended, `the end of ${child.spawnfile}`);
}
