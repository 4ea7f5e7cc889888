// A PostgreSQL of the test's own. It refuses to run as root: there it is run as the user `postgres`.

import { chown, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { end, output, start } from "./child.mjs";
import { eventually } from "./conditions.mjs";
import { freePort } from "./server.mjs";

const VERSIONS = "/usr/lib/postgresql";

/** Starts one on a free loopback port, with a database `app` that the role `watch` may look at. */
export async function startPostgres() {
  const owner = await ownerOfServer();
  const folder = await mkdtemp(join(tmpdir(), "watchglass-postgres-"));
  if (owner.uid !== undefined) {
    await chown(folder, owner.uid, owner.gid);
  }
  const postgres = new Postgres(await freePort(), folder, await programs(), owner);
  await postgres.start();
  return postgres;
}

class Postgres {
  #child;
  #folder;
  #programs;
  #owner;
  #sessions = [];

  constructor(port, folder, programs, owner) {
    this.port = port;
    this.instance = `127.0.0.1:${port}/app`;
    this.args = ["--postgres-url", `postgresql://watch@${this.instance}`];
    this.#folder = folder;
    this.#programs = programs;
    this.#owner = { cwd: "/", ...owner };
  }

  async start() {
    const data = join(this.#folder, "data");
    const access = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"];
    await output(join(this.#programs, "initdb"), ["-D", data, ...access], this.#owner);
    const settings = ["listen_addresses=127.0.0.1", "fsync=off", "shared_preload_libraries=pg_stat_statements"];
    const args = ["-D", data, "-p", `${this.port}`, "-k", this.#folder, ...settings.flatMap((setting) => ["-c", setting])];
    this.#child = start(join(this.#programs, "postgres"), args, this.#owner);
    await eventually(() => this.ask("SELECT 1", "postgres"));
    await this.ask("CREATE DATABASE app", "postgres");
    await this.ask("CREATE ROLE watch LOGIN; GRANT pg_monitor TO watch; CREATE EXTENSION pg_stat_statements");
  }

  /** Runs statements as superuser and gives their rows. */
  ask(sql, database = "app") {
    return output(join(this.#programs, "psql"), [...this.#client(database), "-c", sql], { cwd: "/" });
  }

  /** A session of the superuser that runs statements and stays until it is ended. */
  session(sql) {
    const session = start(join(this.#programs, "psql"), this.#client("app"), { cwd: "/" });
    session.stdin.write(`${sql}\n`);
    this.#sessions.push(session);
    return { end: () => end(session, "SIGKILL") };
  }

  #client(database) {
    return ["-X", "-Atq", "-h", "127.0.0.1", "-p", `${this.port}`, "-U", "postgres", "-d", database];
  }

  async close() {
    for (const session of this.#sessions) {
      await end(session, "SIGKILL");
    }
    await end(this.#child, "SIGINT");
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** The folder of the newest version's programs; they are not on the path of most systems. */
async function programs() {
  const versions = await readdir(VERSIONS).catch(() => []);
  const newest = versions.map(Number).filter(Number.isInteger).sort((left, right) => right - left)[0];
  return newest === undefined ? "" : join(VERSIONS, `${newest}`, "bin");
}

/** User and group that the server runs as. */
async function ownerOfServer() {
  if (process.getuid() !== 0) {
    return {};
  }
  const [uid, gid] = await Promise.all(["-u", "-g"].map((what) => output("id", [what, "postgres"])));
  return { uid: Number(uid), gid: Number(gid) };
}
