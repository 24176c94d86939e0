import { createServer } from "node:net";

/**
 * A TCP port of 127.0.0.1 that nothing listens on now. Another process may take it before the caller does: use it only
 * for programs that cannot be told "port 0", and be ready to try again.
 */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      if (address === null || typeof address === "string") {
        reject(new Error("a TCP server without a port"));
        return;
      }
      server.close(() => resolve(address.port));
    });
  });
}
