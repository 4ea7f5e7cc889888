// Somebody who is told over HTTP: takes every message, and remembers it.

import { once } from "node:events";
import { createServer } from "node:http";
import { eventually } from "./conditions.mjs";

const LONGEST = 1 << 20;

/** Listens on a free loopback port: `{url, told, toldOf, close}`. `told` are the messages so far: `{path, body}`. */
export async function startReceiver() {
  const told = [];
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request.setEncoding("utf8")) {
      text += chunk;
      if (text.length > LONGEST) {
        response.writeHead(413).end();
        return;
      }
    }
    told.push({ path: request.url, body: JSON.parse(text) });
    response.end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    told,
    /** Waits for a message at `path` for which `isIt` holds, and gives it. */
    toldOf: (path, isIt, deadline) =>
      eventually(() => {
        const found = told.find((message) => message.path === path && isIt(message.body));
        if (!found) {
          throw new Error(`nothing like that at ${path}: ${JSON.stringify(told)}`);
        }
        return found.body;
      }, deadline),
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}
