// A proc file system that a test can damage: links to the machine's own, but for the files that the test writes.

import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const LINKS = {
  stat: "/proc/stat",
  meminfo: "/proc/meminfo",
  loadavg: "/proc/loadavg",
  diskstats: "/proc/diskstats",
  cpuinfo: "/proc/cpuinfo",
  uptime: "/proc/uptime",
  pressure: "/proc/pressure",
  "sys/fs/file-nr": "/proc/sys/fs/file-nr",
  // The host's first process, as the server takes it. Through `self` no privileges are needed.
  "1/net": "/proc/self/net",
  "1/stat": "/proc/self/stat",
  "1/statm": "/proc/self/statm",
  "1/status": "/proc/self/status",
  "1/mountinfo": "/proc/self/mountinfo",
  "1/root": "/",
};

/** A folder for `--host-proc`; `files` are the texts of those that are not the machine's own. */
export async function copyOfProc(files = {}) {
  const folder = await mkdtemp(join(tmpdir(), "watchglass-proc-"));
  for (const [name, target] of Object.entries(LINKS)) {
    const own = Object.keys(files).some((file) => file === name || file.startsWith(`${name}/`));
    await mkdir(dirname(join(folder, name)), { recursive: true });
    if (!own) {
      await symlink(target, join(folder, name));
    }
  }
  const copy = {
    path: folder,
    /** Gives a file, which stays the same file for whoever has it open, another text. */
    async write(name, text) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), text);
    },
    /** Takes a file away; `putBack` undoes it. */
    async remove(name) {
      await rename(join(folder, name), join(folder, `${name}.removed`));
    },
    async putBack(name) {
      await rename(join(folder, `${name}.removed`), join(folder, name));
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
  for (const [name, text] of Object.entries(files)) {
    await copy.write(name, text);
  }
  return copy;
}

/** A line of `diskstats`, with counters that belong to a disk that has done `sectors` sectors of each. */
export function diskLine(name, sectors) {
  return `   8       0 ${name} 7 0 ${sectors} 5 9 0 ${sectors} 6 0 11 12\n`;
}

/** A `net/dev` with one device that has received and sent `bytes`, and `errors` packets that came with an error. */
export function netDev(name, bytes, errors = 0) {
  return (
    "Inter-|   Receive                                                |  Transmit\n" +
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n" +
    `${name}: ${bytes} 21 ${errors} 0 0 0 0 0 ${bytes} 22 0 0 0 0 0 0\n`
  );
}
