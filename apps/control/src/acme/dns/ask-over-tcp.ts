import { connect } from "node:net";
import type { OutboundTarget } from "@sluice/config/outbound";
import { AcmeError } from "../acme-error.ts";

const TIMEOUT_MS = 10_000;
const LENGTH_BYTES = 2;

/** One DNS message and its answer over TCP (RFC 7766), which nobody can answer in the server's place from aside. @throws AcmeError */
export async function askOverTcp(
  {
    target,
    port,
    signal,
  }: { readonly target: OutboundTarget; readonly port: number; readonly signal: AbortSignal },
  message: Buffer,
): Promise<Buffer> {
  return await new Promise((resolve, reject) => {
    const socket = connect({ host: target.host, port, lookup: target.lookup, signal });
    const fail = (why: string) => {
      socket.destroy();
      reject(new AcmeError(`the name server ${target.host}:${port} ${why}`));
    };
    const timer = setTimeout(() => fail(`did not answer within ${TIMEOUT_MS / 1000} s`), TIMEOUT_MS);
    let received = Buffer.alloc(0);
    socket.on("connect", () => {
      const length = Buffer.alloc(LENGTH_BYTES);
      length.writeUInt16BE(message.length);
      socket.write(Buffer.concat([length, message]));
    });
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < LENGTH_BYTES) return;
      const end = LENGTH_BYTES + received.readUInt16BE(0);
      if (received.length < end) return;
      socket.destroy();
      resolve(received.subarray(LENGTH_BYTES, end));
    });
    socket.on("error", (error) => fail(`cannot be reached: ${error.message}`));
    socket.on("close", () => {
      clearTimeout(timer);
      fail("closed the connection without an answer");
    });
  });
}
