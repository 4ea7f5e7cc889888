// Waiting for what must become true.

import { setTimeout as pause } from "node:timers/promises";
import { DEADLINE } from "./settings.mjs";

const BETWEEN_ATTEMPTS = 100;

/**
 * Repeats `attempt` until it no longer throws, and gives its result. After the deadline it throws what the last
 * attempt threw.
 */
export async function eventually(attempt, deadline = DEADLINE) {
  const end = performance.now() + deadline;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() > end) {
        throw error;
      }
    }
    await pause(BETWEEN_ATTEMPTS);
  }
}

/** Rejects when `promise` takes longer than the deadline; `what` says what was waited for. */
export async function within(promise, what, deadline = DEADLINE) {
  const late = new AbortController();
  const timeout = pause(deadline, undefined, { signal: late.signal }).then(() => {
    throw new Error(`${what} did not happen within ${deadline} ms`);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    late.abort();
    timeout.catch(() => {});
  }
}
