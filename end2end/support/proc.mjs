// What this machine says of itself: the same files that the server reads, read by the test.

import { readFileSync } from "node:fs";
import { statfs } from "node:fs/promises";

/** `/proc/meminfo` in bytes, by name. */
export function memory() {
  const lines = readFileSync("/proc/meminfo", "utf8").matchAll(/^(\S+):\s+(\d+) kB$/gm);
  return Object.fromEntries([...lines].map(([, name, size]) => [name, Number(size) * 1024]));
}

/** The load averages of 1, 5 and 15 minutes. */
export function load() {
  return readFileSync("/proc/loadavg", "utf8").split(" ").slice(0, 3).map(Number);
}

/** Time that all processors together spent busy, and in all, in ticks of the kernel since its start. */
export function processorTime() {
  const [, ...fields] = readFileSync("/proc/stat", "utf8").split("\n")[0].trim().split(/\s+/);
  const [user, nice, system, idle, iowait, irq, softirq, steal] = fields.map(Number);
  const busy = user + nice + system + irq + softirq + steal;
  return { busy, all: busy + idle + iowait };
}

/** Bytes written by each block device since the start, by name. */
export function written() {
  const lines = readFileSync("/proc/diskstats", "utf8").trim().split("\n");
  return Object.fromEntries(
    lines.map((line) => line.trim().split(/\s+/)).map((fields) => [fields[2], Number(fields[9]) * 512]),
  );
}

/** Bytes received and sent by each network device since the start, by name. */
export function traffic() {
  const lines = readFileSync("/proc/self/net/dev", "utf8").trim().split("\n").slice(2);
  return Object.fromEntries(
    lines.map((line) => {
      const [name, rest] = line.trim().split(/:\s*/);
      const fields = rest.split(/\s+/).map(Number);
      return [name, { received: fields[0], sent: fields[8] }];
    }),
  );
}

/** The used part of the file system at a path, counted as `df` does. */
export async function usedPart(path) {
  const { blocks, bfree, bavail } = await statfs(path);
  const used = blocks - bfree;
  return used / (used + bavail);
}
