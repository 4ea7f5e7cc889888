// What a page loads, as the browser counts it.

/**
 * Counts what the page loads from now on. Gives a list that grows: `{url, type, bytes, cached, status, headers}`,
 * where `bytes` went over the wire, headers and all; WebSockets are not in it.
 */
export async function watchTransfer(page) {
  const session = await page.context().newCDPSession(page);
  const requests = new Map();
  const done = [];
  session.on("Network.requestServedFromCache", ({ requestId }) => {
    requests.set(requestId, { ...requests.get(requestId), cached: true });
  });
  session.on("Network.responseReceived", ({ requestId, type, response }) => {
    const { url, status, headers, fromDiskCache } = response;
    const cached = requests.get(requestId)?.cached || fromDiskCache;
    requests.set(requestId, { url, type, status, headers, cached });
  });
  session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    const request = requests.get(requestId);
    if (request?.url?.startsWith("http")) {
      done.push({ ...request, bytes: request.cached ? 0 : encodedDataLength });
    }
  });
  await session.send("Network.enable");
  return done;
}

/** The sum of what went over the wire. */
export function bytesOf(requests) {
  return requests.reduce((sum, request) => sum + request.bytes, 0);
}
