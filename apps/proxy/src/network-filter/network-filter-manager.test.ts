import assert from "node:assert/strict";
import { connect, createServer, type Server, type Socket } from "node:net";
import { after, before, describe, it } from "node:test";
import {
  NetworkFilterStatus,
  type ReadFilter,
  type ReadFilterCallbacks,
  type WriteFilter,
  type WriteFilterCallbacks,
} from "@sluice/extension-api";
import { waitFor } from "@sluice/harness";
import { SocketConnection } from "../connection/socket-connection.ts";
import { systemClock, systemRandom, systemTimers } from "../event/system-time.ts";
import { RequestStreamInfo } from "../stream-info/request-stream-info.ts";
import { NetworkFilterManager } from "./network-filter-manager.ts";

const { Continue, StopIteration } = NetworkFilterStatus;

/** Writes down what it sees; answers as told. */
class Recorder implements ReadFilter {
  callbacks: ReadFilterCallbacks | undefined = undefined;
  onNew: NetworkFilterStatus = Continue;
  status: NetworkFilterStatus = Continue;
  private readonly name: string;
  private readonly seen: string[];

  constructor(name: string, seen: string[]) {
    this.name = name;
    this.seen = seen;
  }
  initializeReadFilterCallbacks(callbacks: ReadFilterCallbacks): void {
    this.callbacks = callbacks;
  }
  onNewConnection(): NetworkFilterStatus {
    this.seen.push(`${this.name}:new`);
    return this.onNew;
  }
  onData(chunk: Uint8Array, endStream: boolean): NetworkFilterStatus {
    this.seen.push(`${this.name}:${Buffer.from(chunk).toString()}${endStream ? "|" : ""}`);
    return this.status;
  }
  onDestroy(): void {
    this.seen.push(`${this.name}:destroy`);
  }
}

class Suffix implements WriteFilter {
  private readonly suffix: string;
  private callbacks: WriteFilterCallbacks | undefined = undefined;
  constructor(suffix: string) {
    this.suffix = suffix;
  }
  initializeWriteFilterCallbacks(callbacks: WriteFilterCallbacks): void {
    this.callbacks = callbacks;
  }
  onWrite(chunk: Uint8Array, endStream: boolean): NetworkFilterStatus {
    this.callbacks?.injectWriteData(Buffer.from(chunk).toString() + this.suffix, endStream);
    return StopIteration;
  }
  onDestroy(): void {}
}

describe("the network filters of a connection", () => {
  let server: Server;
  let client: Socket;
  let accepted: (socket: Socket) => void = () => {};
  let received = "";

  before(async () => {
    server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) => accepted(socket));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  after(() => server.close());

  async function start(
    filters: readonly (ReadFilter | WriteFilter)[],
    limit = 1000,
  ): Promise<NetworkFilterManager> {
    const socket = await new Promise<Socket>((resolve) => {
      accepted = resolve;
      const address = server.address();
      received = "";
      client = connect({
        port: typeof address === "object" && address !== null ? address.port : 0,
        host: "127.0.0.1",
        allowHalfOpen: true,
      });
      client.on("data", (chunk: Buffer) => {
        received += chunk.toString();
      });
    });
    const connection = new SocketConnection(socket, limit);
    const manager = new NetworkFilterManager(
      filters.map((filter) => ({
        factory: { terminal: false, compile: () => ({ ok: true, value: undefined }), create: () => filter },
        config: undefined,
      })),
      connection,
      new RequestStreamInfo(0, 0),
      limit,
      { clock: systemClock, timers: systemTimers, random: systemRandom },
    );
    connection.attach({
      onData: (chunk, end) => manager.onData(chunk, end),
      onClose: () => manager.onDestroy(),
    });
    manager.start();
    socket.resume();
    return manager;
  }
  const until = (seen: string[], text: string) => waitFor(text, () => seen.join(" ").includes(text));

  it("are asked in order, each about the connection before it sees data", async () => {
    const seen: string[] = [];
    const last = new Recorder("b", seen);
    last.status = StopIteration;
    await start([new Recorder("a", seen), last]);
    client.write("x");
    await until(seen, "b:x");
    client.destroy();
    await until(seen, "b:destroy");
    assert.deepEqual(seen, ["a:new", "b:new", "a:x", "b:x", "a:destroy", "b:destroy"]);
  });

  it("that stop keep the later ones from the connection until they continue, and what came meanwhile is kept", async () => {
    const seen: string[] = [];
    const first = new Recorder("a", seen);
    first.onNew = StopIteration;
    first.status = StopIteration;
    const manager = await start([first, new Recorder("b", seen)]);
    manager.connection.enableHalfClose();
    client.write("x");
    await until(seen, "a:x");
    client.end("y");
    await until(seen, "|");
    assert.ok(!seen.includes("b:new"));
    first.callbacks?.continueReading();
    const after = seen.slice(seen.indexOf("b:new"));
    assert.equal(after.join("").replaceAll("b:", ""), "newxy|");
    client.destroy();
  });

  it("that continue with later bytes release the earlier ones first", async () => {
    const seen: string[] = [];
    const first = new Recorder("a", seen);
    first.status = StopIteration;
    await start([first, new Recorder("b", seen)]);
    client.write("1");
    await until(seen, "a:1");
    first.status = Continue;
    client.write("2");
    await until(seen, "b:2");
    assert.deepEqual(seen, ["a:new", "b:new", "a:1", "a:2", "b:1", "b:2"]);
    client.destroy();
  });

  it("keep no more than the buffer limit: reading pauses", async () => {
    const seen: string[] = [];
    const first = new Recorder("a", seen);
    first.status = StopIteration;
    const manager = await start([first, new Recorder("b", seen)], 10);
    client.write("0123456789ab");
    await waitFor("the pause", () => manager.connection.readDisabled);
    first.status = Continue;
    first.callbacks?.continueReading();
    assert.equal(manager.connection.readDisabled, false);
    assert.ok(seen.includes("b:0123456789ab"));
    client.destroy();
  });

  it("write in reverse order", async () => {
    const manager = await start([new Suffix("1"), new Recorder("r", []), new Suffix("2")]);
    manager.connection.write("x", false);
    await waitFor("the bytes", () => received === "x21");
    client.destroy();
  });

  it("see the end of the peer's half as the end of the connection unless one wants half-close", async () => {
    const seen: string[] = [];
    await start([new Recorder("a", seen)]);
    client.end("x");
    await until(seen, "a:destroy");
    assert.deepEqual(seen, ["a:new", "a:x", "a:destroy"]);
  });
});
