import { connect, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import type { Target } from "./conformance-case.ts";

/** What a client saw of one TCP connection. */
export interface SeenSession {
  readonly received: string;
  /** How the other side ended it; `open`: it had not when the client gave up. */
  readonly ended: "fin" | "reset" | "open";
}

export interface Session {
  /** Sent at once. */
  readonly send?: string | Uint8Array;
  /** Half-closes behind what is sent. */
  readonly end?: boolean;
  /** Sends a reset once something was received. */
  readonly reset?: boolean;
  /** Further parts, each sent when something new was received. */
  readonly next?: readonly string[];
  /** Gives up after so long; default 1500, with `until` 5000. */
  readonly waitMs?: number;
  /** Ends as soon as this was received. */
  readonly until?: string;
  readonly localAddress?: string;
}

/** One TCP connection to 127.0.0.1, until the other side ends it. */
export function session(port: number, options: Session = {}): Promise<SeenSession> {
  return new Promise((resolve) => {
    let received = "";
    let ended: SeenSession["ended"] = "open";
    const parts = [...(options.next ?? [])];
    const socket = connect({
      port,
      host: "127.0.0.1",
      allowHalfOpen: true,
      noDelay: true,
      ...(options.localAddress === undefined ? {} : { localAddress: options.localAddress }),
    });
    const timer = setTimeout(() => done(), options.waitMs ?? (options.until === undefined ? 1500 : 5000));
    const done = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ received, ended });
    };
    socket.on("connect", () => {
      if (options.send !== undefined) socket.write(options.send);
      if (options.end === true) socket.end();
    });
    socket.on("data", (chunk: Buffer) => {
      received += chunk.toString("latin1");
      const next = parts.shift();
      if (next !== undefined) socket.write(next);
      else if (options.reset === true) socket.resetAndDestroy();
      if (options.until !== undefined && received.includes(options.until)) done();
    });
    socket.on("end", () => {
      if (ended === "open") ended = "fin";
      done();
    });
    socket.on("error", () => {
      ended = "reset";
    });
    socket.on("close", () => done());
  });
}

/** Sessions one after the other, each with the listener that the first word of its name says, and what the upstream saw of it. */
export function sessions(
  named: Readonly<Record<string, Session>>,
  upstreamSaw: string[],
): (target: Target) => Promise<unknown> {
  return async ({ proxy }) => {
    upstreamSaw.length = 0;
    const seen: Record<string, unknown> = {};
    for (const [name, options] of Object.entries(named)) {
      seen[name] = await session(await proxy.listenerPort(name.split(" ")[0] ?? ""), options);
      await wait(100);
      seen[`${name} upstream`] = upstreamSaw.splice(0);
    }
    return seen;
  };
}

/** An upstream that does what the first line of its input says; what it sees of the end it tells `seen`. */
export function scriptedTcp(seen: (what: string) => void): (socket: Socket) => void {
  return (socket) => {
    let command = "";
    let received = "";
    socket.on("data", (chunk: Buffer) => {
      received += chunk.toString("latin1");
      if (command === "") {
        const line = received.indexOf("\n");
        if (line < 0) return;
        command = received.slice(0, line);
        start();
      } else if (command === "echo") socket.write(chunk);
    });
    const start = (): void => {
      if (command === "echo") socket.write(received.slice(5));
      else if (command === "bye") socket.end("bye");
      else if (command === "close") {
        socket.write("closing");
        socket.destroySoon();
      } else if (command === "reset") socket.resetAndDestroy();
      else if (command === "hello") socket.write("hello");
    };
    let over = false;
    socket.on("end", () => {
      over = true;
      seen(`${command} fin ${received.length}`);
      if (command === "late") socket.write("late");
      socket.end();
    });
    socket.on("error", () => {
      over = true;
      seen(`${command} error`);
    });
    socket.on("close", () => {
      if (!over) seen(`${command} closed`);
    });
  };
}
