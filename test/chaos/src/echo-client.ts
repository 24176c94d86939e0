import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { payload } from "./payload.ts";

export interface EchoOptions {
  readonly port: number;
  readonly seed: number;
  /** How many pieces are sent, with a pause between two. */
  readonly pieces: number;
  readonly pieceBytes: number;
  readonly pauseMs: number;
  /** Head of an upgrade that must be answered by 101 first. */
  readonly upgrade?: string;
}

const DEADLINE_MS = 30_000;
const END_OF_HEAD = Buffer.from("\r\n\r\n");

/** Sends pieces through a tunnel to an echo, ends, and says what was wrong with what came back; "" when nothing was. */
export function echo(options: EchoOptions): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port: options.port, host: "127.0.0.1", noDelay: true, allowHalfOpen: true });
    const expected = payload(options.seed, options.pieces * options.pieceBytes);
    let head: Buffer | undefined = options.upgrade === undefined ? undefined : Buffer.alloc(0);
    let got = 0;
    let problem = "";
    const deadline = setTimeout(() => {
      problem ||= `nothing for ${DEADLINE_MS} ms, ${got} of ${expected.length} bytes`;
      socket.destroy();
    }, DEADLINE_MS);
    const send = async (): Promise<void> => {
      for (let piece = 0; piece < options.pieces && socket.writable; piece++) {
        socket.write(expected.subarray(piece * options.pieceBytes, (piece + 1) * options.pieceBytes));
        if (options.pauseMs > 0) await delay(options.pauseMs);
      }
      // An HTTP tunnel, unlike a TCP proxy, ends whole when one side ends.
      if (options.upgrade === undefined) socket.end();
    };
    const take = (chunk: Buffer): void => {
      if (!chunk.equals(expected.subarray(got, got + chunk.length)))
        problem ||= `wrong bytes at ${got}: ${chunk.length} bytes that belong at ${expected.indexOf(chunk.subarray(0, 16))}`;
      got += chunk.length;
      if (got >= expected.length) socket.end();
    };
    socket.on("connect", () => {
      if (options.upgrade === undefined) void send();
      else socket.write(options.upgrade);
    });
    socket.on("data", (chunk: Buffer) => {
      if (head === undefined) return take(chunk);
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf(END_OF_HEAD);
      if (end === -1) return;
      const text = head.toString("latin1", 0, end);
      const rest = head.subarray(end + END_OF_HEAD.length);
      head = undefined;
      if (!text.startsWith("HTTP/1.1 101 ")) {
        problem ||= `answered ${JSON.stringify(text)}`;
        socket.destroy();
        return;
      }
      if (rest.length > 0) take(rest);
      void send();
    });
    socket.on("error", (error) => {
      problem ||= error.message;
    });
    socket.on("end", () => socket.end());
    socket.on("close", () => {
      clearTimeout(deadline);
      if (got !== expected.length) problem ||= `${got} of ${expected.length} bytes came back`;
      resolve(problem);
    });
  });
}
