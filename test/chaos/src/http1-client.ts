import { Agent, type ClientRequest, type IncomingMessage, request } from "node:http";
import { Agent as TlsAgent, request as tlsRequest } from "node:https";
import { setTimeout as delay } from "node:timers/promises";
import { Digest } from "./payload.ts";

export interface Exchange {
  readonly port: number;
  readonly path: string;
  readonly id: string;
  readonly body?: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  /** Ask by TLS, with this server name. */
  readonly tlsName?: string;
  /** Pauses between reads, ms. */
  readonly pauseMs?: number;
  /** Gives up after so many ms. */
  readonly abortAfterMs?: number;
}

export interface Answer {
  readonly status: number;
  readonly digest: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** "" when the response came whole. */
  readonly error: string;
  /** Nothing of a response came, on a connection that had served a request before: HTTP/1 lets such requests be repeated. */
  readonly unprocessed: boolean;
}

const DEADLINE_MS = 90_000;

/** Clients that keep their connections. */
export class Http1Client {
  readonly #agent = new Agent({ keepAlive: true, maxFreeSockets: 32 });
  readonly #tlsAgent = new TlsAgent({ keepAlive: true, maxFreeSockets: 16, rejectUnauthorized: false });

  ask(exchange: Exchange): Promise<Answer> {
    return new Promise((resolve) => {
      const { body, tlsName } = exchange;
      const options = {
        host: "127.0.0.1",
        port: exchange.port,
        path: exchange.path,
        method: body === undefined ? "GET" : "POST",
        headers: {
          host: "chaos.test",
          "x-chaos-id": exchange.id,
          ...(body === undefined ? {} : { "content-length": String(body.length) }),
          ...exchange.headers,
        },
      };
      const asked =
        tlsName === undefined
          ? request({ ...options, agent: this.#agent })
          : tlsRequest({ ...options, agent: this.#tlsAgent, servername: tlsName });
      follow(asked, exchange, resolve);
      asked.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
    this.#tlsAgent.destroy();
  }
}

function follow(asked: ClientRequest, exchange: Exchange, resolve: (answer: Answer) => void): void {
  const digest = new Digest();
  let response: IncomingMessage | undefined;
  let done = false;
  const timers: NodeJS.Timeout[] = [];
  const finish = (error: string): void => {
    if (done) return;
    done = true;
    for (const timer of timers) clearTimeout(timer);
    resolve({
      status: response?.statusCode ?? 0,
      digest: digest.toString(),
      headers: response?.headers ?? {},
      error,
      unprocessed:
        response === undefined && asked.reusedSocket && /ECONNRESET|EPIPE|socket hang up/.test(error),
    });
    if (error !== "") asked.destroy();
  };
  timers.push(setTimeout(() => finish(`nothing for ${DEADLINE_MS} ms`), DEADLINE_MS));
  if (exchange.abortAfterMs !== undefined)
    timers.push(setTimeout(() => finish("aborted"), exchange.abortAfterMs));
  asked.on("error", (error: NodeJS.ErrnoException) => finish(`${error.code ?? ""} ${error.message}`));
  asked.on("response", (incoming) => {
    response = incoming;
    incoming.on("error", (error) => finish(`response: ${error.message}`));
    incoming.on("close", () => finish(incoming.complete ? "" : "response: cut"));
    void read(incoming, digest, exchange.pauseMs ?? 0);
  });
}

async function read(incoming: IncomingMessage, digest: Digest, pauseMs: number): Promise<void> {
  try {
    for await (const chunk of incoming) {
      digest.add(chunk);
      if (pauseMs > 0) await delay(pauseMs);
    }
  } catch {
    // "close" tells it.
  }
}
