import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface Health {
  readonly ready: boolean;
  /** Each part: "ok" or what is wrong with it. */
  readonly parts: Readonly<Record<string, string>>;
}

export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

/** `GET /health`: 200 when ready, else 503, with each part's state as JSON. */
export async function startHealthServer(
  host: string,
  port: number,
  health: () => Health,
): Promise<HealthServer> {
  const server = createServer((request, response) => {
    const found = request.method === "GET" && request.url === "/health";
    const state = health();
    response.writeHead(found ? (state.ready ? 200 : 503) : 404, { "content-type": "application/json" });
    response.end(JSON.stringify(found ? state : { error: "GET /health is all there is" }));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
