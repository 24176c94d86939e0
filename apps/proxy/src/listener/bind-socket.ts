import { chmodSync, lstatSync, unlinkSync } from "node:fs";
import { isIPv6 } from "node:net";
import { getSystemErrorMessage, getSystemErrorName } from "node:util";
import { pipeWrap, type ServerHandle, tcpWrap } from "../descriptor/node-handles.ts";
import type { SocketSpec } from "./listener-spec.ts";
import { explainBindError } from "./probe-address.ts";

/** `port`: 0 for a pipe. */
export interface BoundSocket {
  readonly handle: ServerHandle;
  readonly port: number;
}

/** Binds without listening, and without sharing the address. A string: the system's message. */
export function bindSocket(spec: SocketSpec): BoundSocket | string {
  return spec.kind === "tcp" ? bindTcp(spec) : bindPipe(spec);
}

function bindTcp(spec: SocketSpec & { kind: "tcp" }): BoundSocket | string {
  const { TCP, constants } = tcpWrap;
  const handle = new TCP(constants.SERVER);
  const bound = isIPv6(spec.host)
    ? handle.bind6(spec.host, spec.port, spec.ipv6Only ? constants.UV_TCP_IPV6ONLY : 0)
    : handle.bind(spec.host, spec.port, 0);
  const name: { port?: number } = {};
  // That an address is in use libuv tells at the next call.
  const status = bound === 0 ? handle.getsockname(name) : bound;
  if (status === 0) return { handle, port: name.port ?? 0 };
  handle.close();
  return explain(spec.key, status);
}

function bindPipe(spec: SocketSpec & { kind: "pipe" }): BoundSocket | string {
  removeStaleSocket(spec.path);
  const handle = new pipeWrap.Pipe(pipeWrap.constants.SERVER);
  const status = handle.bind(pipeName(spec.path));
  if (status !== 0) {
    handle.close();
    return explain(spec.path, status);
  }
  if (spec.mode !== 0) chmodSync(spec.path, spec.mode);
  return { handle, port: 0 };
}

/** `@` begins a name of Linux's abstract namespace. */
export function pipeName(path: string): string {
  return path.startsWith("@") ? `\0${path.slice(1)}` : path;
}

/** As Envoy: what an earlier process left at the path goes; anything but a socket makes the bind fail. */
export function removeStaleSocket(path: string): void {
  if (path.startsWith("@")) return;
  try {
    if (lstatSync(path).isSocket()) unlinkSync(path);
  } catch {
    // There is none, or bind(2) says what is wrong.
  }
}

function explain(where: string, status: number): string {
  const code = getSystemErrorName(status);
  return explainBindError(where, { code, message: `bind ${code}: ${getSystemErrorMessage(status)}` });
}
