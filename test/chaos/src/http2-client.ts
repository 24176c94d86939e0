import { type ClientHttp2Session, connect, constants } from "node:http2";
import { connect as connectTls } from "node:tls";
import type { Answer, Exchange } from "./http1-client.ts";
import { Digest } from "./payload.ts";

const DEADLINE_MS = 90_000;
/** A session is left after so many requests, so that connections come and go. */
const REQUESTS_MAX = 300;

/** One session at a time per port, replaced when it goes away. */
export class Http2Client {
  readonly #sessions = new Map<string, { session: ClientHttp2Session; requests: number }>();

  ask(exchange: Exchange): Promise<Answer> {
    const session = this.#sessionTo(exchange.port, exchange.tlsName);
    return new Promise((resolve) => {
      const digest = new Digest();
      let headers: Answer["headers"] = {};
      let status = 0;
      let ended = false;
      let done = false;
      const timers: NodeJS.Timeout[] = [];
      const finish = (error: string, unprocessed = false): void => {
        if (done) return;
        done = true;
        for (const timer of timers) clearTimeout(timer);
        resolve({ status, digest: digest.toString(), headers, error, unprocessed });
      };
      let stream: ReturnType<ClientHttp2Session["request"]>;
      try {
        stream = session.request(
          {
            ":path": exchange.path,
            ":authority": "chaos.test",
            ":method": exchange.body === undefined ? "GET" : "POST",
            "x-chaos-id": exchange.id,
            ...exchange.headers,
          },
          { endStream: exchange.body === undefined },
        );
      } catch (error) {
        finish(String(error), true);
        return;
      }
      const give = (why: string): void => {
        finish(why);
        stream.close(constants.NGHTTP2_CANCEL);
      };
      timers.push(setTimeout(() => give(`nothing for ${DEADLINE_MS} ms`), DEADLINE_MS));
      if (exchange.abortAfterMs !== undefined)
        timers.push(setTimeout(() => give("aborted"), exchange.abortAfterMs));
      stream.on("response", (fields) => {
        status = fields[":status"] ?? 0;
        headers = fields;
      });
      stream.on("data", (chunk: Buffer) => {
        digest.add(chunk);
        if (exchange.pauseMs === undefined) return;
        stream.pause();
        timers.push(setTimeout(() => stream.resume(), exchange.pauseMs));
      });
      stream.on("end", () => {
        ended = true;
      });
      stream.on("error", (error: NodeJS.ErrnoException) => {
        // The peer says by GOAWAY and REFUSED_STREAM that it has not seen to the request.
        const unseen =
          stream.rstCode === constants.NGHTTP2_REFUSED_STREAM || error.code === "ERR_HTTP2_GOAWAY_SESSION";
        finish(`stream: ${error.code} ${error.message} rst ${stream.rstCode}`, unseen);
      });
      stream.on("close", () => {
        const refused = stream.rstCode === constants.NGHTTP2_REFUSED_STREAM;
        if (ended && status !== 0 && stream.rstCode === 0) finish("");
        else finish(`stream closed, code ${stream.rstCode}, status ${status}`, refused);
      });
      if (exchange.body !== undefined) stream.end(exchange.body);
    });
  }

  #sessionTo(port: number, tlsName: string | undefined): ClientHttp2Session {
    const key = `${port} ${tlsName ?? ""}`;
    const known = this.#sessions.get(key);
    if (known !== undefined && !known.session.closed && !known.session.destroyed) {
      if (++known.requests < REQUESTS_MAX) return known.session;
      known.session.close();
    }
    const session =
      tlsName === undefined
        ? connect(`http://127.0.0.1:${port}`)
        : connect(`https://127.0.0.1:${port}`, {
            createConnection: () =>
              connectTls({
                host: "127.0.0.1",
                port,
                servername: tlsName,
                ALPNProtocols: ["h2"],
                rejectUnauthorized: false,
              }),
          });
    const forget = (): void => {
      if (this.#sessions.get(key)?.session === session) this.#sessions.delete(key);
    };
    session.on("error", forget);
    session.on("close", forget);
    session.on("goaway", () => {
      forget();
      session.close();
    });
    this.#sessions.set(key, { session, requests: 0 });
    return session;
  }

  close(): void {
    for (const { session } of this.#sessions.values()) session.destroy();
    this.#sessions.clear();
  }
}
