import type { IncomingMessage } from "node:http";

/** What of a body that is too long is still taken off the wire, so that its sender hears why; beyond it the connection ends. */
const DISCARDED_BYTES_MAX = 64 << 20;

/** The whole body; undefined when it is longer than `bytesMax`, of which no more is kept. Rejects when the sender breaks off. */
export function readBody(request: IncomingMessage, bytesMax: number): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let length = 0;
    request.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length <= bytesMax) chunks.push(chunk);
      else chunks = [];
      if (length > bytesMax + DISCARDED_BYTES_MAX) request.destroy();
    });
    request.on("end", () => resolve(length > bytesMax ? undefined : Buffer.concat(chunks)));
    request.on("error", reject);
    request.on("close", () => reject(new Error("the sender broke off")));
  });
}
