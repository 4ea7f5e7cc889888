// What most test files share: one server and one browser for the file, and a page for each test.

import { after, before, test } from "node:test";
import { launchBrowser, withPage } from "./browser.mjs";
import { copyOfProc } from "./proc_copy.mjs";
import { startServer } from "./server.mjs";

// A test waits for a few conditions, each with its own deadline.
const TIMEOUT = 180_000;

/**
 * Starts server and browser before the file's tests and ends them after. With `ownServers` the tests start servers
 * themselves. `watched` starts what the server is to watch: `{args, close}`, and whatever else the tests need of it.
 */
export function testBench({ ownServers = false, watched } = {}) {
  const bench = {};
  before(async () => {
    bench.browser = await launchBrowser();
    bench.watched = await watched?.();
    if (!ownServers) {
      bench.server = await startServer({ args: bench.watched?.args });
    }
  });
  after(async () => {
    await bench.browser?.close();
    await bench.server?.close();
    await bench.watched?.close();
  });

  /** Declares a test of a page. `options` are those of `withPage`. */
  bench.pageTest = (name, options, body) =>
    test(name, { timeout: TIMEOUT }, (t) =>
      withPage(bench.browser, { name, ...options }, (page, context) => body({ page, context, t, server: bench.server, watched: bench.watched })),
    );

  /**
   * Declares a test of a page and a server of its own. `proc` holds files with which the server sees another proc
   * file system; the test is given it to change.
   */
  bench.outageTest = (name, { proc: files, ...options }, body) =>
    test(name, { timeout: TIMEOUT }, async (t) => {
      const proc = files && (await copyOfProc(files));
      const server = await startServer({ args: proc ? ["--host-proc", proc.path] : [] });
      try {
        // The page is closed before the server: it would rightly complain.
        await withPage(bench.browser, { name, ...options }, (page, context) => body({ page, context, t, server, proc }));
      } catch (error) {
        // What stopping finds says less than what the test found.
        await server.close().catch(() => {});
        throw error;
      } finally {
        await proc?.close();
      }
      await server.close();
    });
  return bench;
}
