import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type ClientSessionRequestOptions,
  connect,
  constants,
  type OutgoingHttpHeaders,
} from "node:http2";

export interface Keepalive {
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

/**
 * One HTTP/2 connection, as the `sessionManager` of a Connect transport, kept alive by pings while nothing is read. connect-node's own manager goes on
 * pinging a connection that has ended when a stream ends after it, which throws where nothing can catch it.
 */
export class ClientSession {
  readonly authority: string;
  readonly #session: ClientHttp2Session;
  readonly #keepalive: Keepalive;
  #timer: NodeJS.Timeout | undefined;

  /** Begins to connect. `options`: of `http2.connect`. */
  constructor(url: string, keepalive: Keepalive, options: object) {
    this.authority = url;
    this.#keepalive = keepalive;
    this.#session = connect(url, options);
    // Whoever waits for the connection or for a stream hears of it there.
    this.#session.on("error", () => {});
    this.#session.once("close", () => clearTimeout(this.#timer));
  }

  /** Resolves once there is a connection. Rejects with what is wrong. */
  connected(): Promise<void> {
    const session = this.#session;
    return new Promise((resolve, reject) => {
      session.once("connect", () => {
        this.#pingLater();
        resolve();
      });
      session.once("error", reject);
      session.once("close", () => reject(new Error("the connection was closed")));
    });
  }

  request(
    method: string,
    path: string,
    headers: OutgoingHttpHeaders,
    options: Omit<ClientSessionRequestOptions, "signal">,
  ): Promise<ClientHttp2Stream> {
    return new Promise((resolve) => {
      resolve(this.#session.request({ ...headers, ":method": method, ":path": path }, options));
    });
  }

  notifyResponseByteRead(): void {
    this.#pingLater();
  }

  abort(): void {
    clearTimeout(this.#timer);
    this.#session.destroy(undefined, constants.NGHTTP2_CANCEL);
  }

  #pingLater(): void {
    clearTimeout(this.#timer);
    if (this.#session.destroyed) return;
    this.#timer = setTimeout(() => this.#ping(), this.#keepalive.intervalMs);
  }

  #ping(): void {
    const session = this.#session;
    if (session.destroyed) return;
    this.#timer = setTimeout(
      () => session.destroy(new Error("the server answers no ping"), constants.NGHTTP2_CANCEL),
      this.#keepalive.timeoutMs,
    );
    session.ping((error) => {
      // What is wrong ends the connection; an answer after that means nothing.
      if (error === null) this.#pingLater();
    });
  }
}
