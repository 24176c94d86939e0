import assert from "node:assert/strict";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { after, before, describe, it } from "node:test";
import { resetSocket } from "./reset-socket.ts";

describe("resetting a connection", () => {
  const accepted: ((socket: Socket) => void)[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => accepted.shift()?.(socket));
  before(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)));
  after(() => new Promise((resolve) => server.close(resolve)));

  /** The two ends of a connection; the client does not read. */
  async function pair(): Promise<readonly [Socket, Socket]> {
    const here = new Promise<Socket>((resolve) => accepted.push(resolve));
    const { port } = server.address() as AddressInfo;
    const client = connect({ port, host: "127.0.0.1" });
    return [client, await here];
  }

  const closed = (socket: Socket): Promise<unknown> =>
    new Promise((resolve) => socket.once("close", resolve));

  it("tells the peer, also with output that it does not take and an end behind it", async () => {
    const [client, socket] = await pair();
    const error = new Promise<NodeJS.ErrnoException>((resolve) => client.once("error", resolve));
    socket.end(Buffer.alloc(16 * 1024 * 1024));
    const gone = closed(socket);
    resetSocket(socket);
    await gone;
    client.resume();
    assert.equal((await error).code, "ECONNRESET");
  });

  it("closes one whose end is on its way, which cannot be reset any more", async () => {
    for (const later of [(then: () => void) => then(), process.nextTick, queueMicrotask]) {
      const [client, socket] = await pair();
      client.on("error", () => {});
      socket.on("error", (error) => assert.fail(error));
      socket.end();
      const gone = closed(socket);
      later(() => resetSocket(socket));
      await gone;
      client.destroy();
    }
  });
});
