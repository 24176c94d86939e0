import type { IncomingMessage } from "node:http";
import type { Server } from "../server/server.ts";

export interface AdminReply {
  /** Default 200. */
  readonly status?: number;
  /** Default plain text. */
  readonly type?: string;
  /** Or its pieces, made while it is sent; other things go on in between. */
  readonly body: string | Iterable<string | Uint8Array>;
  /** The connection is closed behind it. */
  readonly ends?: boolean;
  /** Runs when the answer is on its way. */
  after?(): void;
}

/** What a form of the home page offers for a parameter. */
export interface AdminParameter {
  readonly name: string;
  readonly help: string;
  /** Shown as a choice; else as a text, or a tick where `flag`. */
  readonly values?: readonly string[];
  readonly flag?: boolean;
}

export interface AdminCommand {
  readonly path: string;
  /** Changes something: POST is required. */
  readonly post?: boolean;
  /** Takes no parameters from a form in the body. */
  readonly queryOnly?: boolean;
  readonly help: string;
  readonly parameters?: readonly AdminParameter[];
  run(
    server: Server,
    parameters: URLSearchParams,
    request: IncomingMessage,
  ): AdminReply | Promise<AdminReply>;
}

export const OK: AdminReply = { body: "OK\n" };

export const json = (value: unknown): AdminReply => ({
  type: "application/json",
  body: `${JSON.stringify(value, null, 1)}\n`,
});

/** For what a build of Envoy may lack, too. */
export const notSupported = (what: string): AdminReply => ({
  status: 501,
  body: `The current build does not support ${what}\n`,
});
