import assert from "node:assert/strict";
import { connect, createServer, type Socket } from "node:net";

export interface CuttableRelay {
  readonly port: number;
  /** Breaks every connection off and takes no new one, as when the network is gone. */
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

/** Stands between browser and dashboard: Chromium's own offline mode leaves open WebSockets alone. */
export async function startCuttableRelay(targetPort: number): Promise<CuttableRelay> {
  const open = new Set<Socket>();
  let isCut = false;
  const dropAll = (): void => {
    for (const socket of open) socket.destroy();
  };
  const server = createServer((downstream) => {
    if (isCut) return void downstream.destroy();
    const upstream = connect({ host: "localhost", port: targetPort });
    for (const [socket, other] of [
      [downstream, upstream],
      [upstream, downstream],
    ] as const) {
      open.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => {
        open.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  await new Promise<void>((resolve) => server.listen({ host: "127.0.0.1", port: 0 }, resolve));
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  return {
    port: address.port,
    cut() {
      isCut = true;
      dropAll();
    },
    mend() {
      isCut = false;
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      dropAll();
      await closed;
    },
  };
}
