// A reverse proxy that shows a server below a path of its own host, next to nothing else.

import { createServer, request } from "node:http";
import { freePort } from "./server.mjs";

/**
 * Starts a proxy for what is below `base`. With `strips` it takes the path off and says so, as Traefik does; without it passes
 * it through. Requests for anything else are answered with 404 and collected in `outside`.
 */
export async function startSubPathProxy(server, base, { strips = false } = {}) {
  const port = await freePort();
  const outside = [];
  const sockets = new Set();
  const isInside = (url) => url === base || url.startsWith(`${base}/`) || url.startsWith(`${base}?`);
  const forward = (incoming) => {
    const headers = { ...incoming.headers, "x-forwarded-for": incoming.socket.remoteAddress };
    if (strips) {
      headers["x-forwarded-prefix"] = base;
    }
    // Also of a path that is the base path itself, a path is left.
    const path = strips ? incoming.url.slice(base.length).replace(/^(?!\/)/, "/") : incoming.url;
    return request({ host: "127.0.0.1", port: server.port, method: incoming.method, path, headers });
  };
  const proxy = createServer((incoming, outgoing) => {
    if (!isInside(incoming.url)) {
      outside.push(incoming.url);
      outgoing.writeHead(404).end("outside of the base path");
      return;
    }
    const forwarded = forward(incoming);
    forwarded.on("response", (response) => {
      outgoing.writeHead(response.statusCode, response.rawHeaders);
      response.pipe(outgoing);
    });
    forwarded.on("error", () => outgoing.destroy());
    incoming.pipe(forwarded);
  });
  proxy.on("upgrade", (incoming, socket, head) => {
    if (!isInside(incoming.url)) {
      outside.push(incoming.url);
      socket.destroy();
      return;
    }
    const forwarded = forward(incoming);
    forwarded.on("upgrade", (response, inner, first) => {
      const lines = [`HTTP/1.1 ${response.statusCode} ${response.statusMessage}`];
      for (let index = 0; index < response.rawHeaders.length; index += 2) {
        lines.push(`${response.rawHeaders[index]}: ${response.rawHeaders[index + 1]}`);
      }
      socket.write(`${lines.join("\r\n")}\r\n\r\n`);
      socket.write(first);
      inner.write(head);
      for (const [one, other] of [[inner, socket], [socket, inner]]) {
        one.pipe(other);
        one.on("error", () => other.destroy());
        one.on("close", () => other.destroy());
      }
    });
    forwarded.on("response", () => socket.destroy());
    forwarded.on("error", () => socket.destroy());
    forwarded.end();
  });
  proxy.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise((resolve, reject) => proxy.once("error", reject).listen(port, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${port}${base}`,
    outside,
    close: () => {
      const closed = new Promise((resolve) => proxy.close(resolve));
      for (const socket of sockets) {
        socket.destroy();
      }
      return closed;
    },
  };
}
