import { type ClientHttp2Stream, connect as open } from "node:http2";
import { ConnectionEnded, connectRaw, type Fields, requestBytes } from "@sluice/harness";
import { seenResponse } from "../normalize.ts";
import type { MadeRequest } from "./requests.ts";

const DEADLINE_MS = 8_000;

/** Sends requests to the listeners of one proxy, each on a connection of its own. */
export class Sender {
  private readonly ports: ReadonlyMap<string, number>;
  private readonly place: (text: string) => string;

  /** `place` puts values in the place of placeholders. */
  constructor(ports: ReadonlyMap<string, number>, place: (text: string) => string) {
    this.ports = ports;
    this.place = place;
  }

  /** What came back: a response, or what became of it. */
  async send(request: MadeRequest): Promise<unknown> {
    const port = this.ports.get(request.listener) ?? 0;
    const place = (text: string) => this.place(text.replaceAll("{{port}}", String(port)));
    const headers = request.headers.map(([name, value]): [string, string] => [name, place(value)]);
    const placed = { ...request, host: place(request.host), headers };
    return request.protocol === "HTTP/2" ? byHttp2(placed, port) : byHttp1(placed, port);
  }
}

function byHttp2(request: MadeRequest, port: number): Promise<unknown> {
  const connect = request.method === "CONNECT";
  const head = [":method", request.method, ":authority", request.host];
  if (!connect) head.push(":scheme", "http", ":path", request.path);
  head.push("x-case", request.id);
  for (const [name, value] of request.headers) head.push(name.toLowerCase(), value.trim());
  return new Promise((resolve) => {
    const session = open(`http://127.0.0.1:${port}`);
    session.on("error", () => {});
    let stream: ClientHttp2Stream;
    try {
      stream = session.request(head, { endStream: request.body === "" && !connect });
    } catch (error) {
      session.destroy();
      resolve({ unsent: String(error) });
      return;
    }
    if (request.body !== "") stream.end(request.body);
    let fields: Fields = [];
    let status = 0;
    let trailers: Fields = [];
    const interim: { status: number; fields: Fields }[] = [];
    const body: Buffer[] = [];
    const done = () =>
      resolve({
        ...seenResponse({
          version: "HTTP/2",
          status,
          reason: "",
          fields,
          trailers,
          interim,
          text: Buffer.concat(body).toString("latin1"),
          complete: status !== 0 && stream.rstCode === 0,
        }),
        // Without a response the connection may have ended as well: how is left to the cases by hand.
        reset: status === 0 ? "some" : stream.rstCode,
      });
    const timer = setTimeout(() => {
      stream.close();
      resolve({ silent: true, status });
    }, DEADLINE_MS);
    stream.on("response", (got, _flags, raw) => {
      status = Number(got[":status"]);
      fields = pairs(raw);
      if (connect && status === 200) stream.close();
    });
    stream.on("headers", (got) => interim.push({ status: Number(got[":status"]), fields: [] }));
    stream.on("trailers", (_got, _flags, raw) => {
      trailers = pairs(raw);
    });
    stream.on("data", (part: Buffer) => body.push(part));
    stream.on("error", () => {});
    stream.on("close", () => {
      clearTimeout(timer);
      session.destroy();
      done();
    });
  });
}

async function byHttp1(request: MadeRequest, port: number): Promise<unknown> {
  const connection = await connectRaw(port, { deadlineMs: DEADLINE_MS });
  try {
    const ten = request.protocol === "HTTP/1.0";
    const path = request.method === "CONNECT" ? request.host : request.path;
    const octets = requestBytes({
      method: request.method,
      path,
      headers: [["host", request.host], ["x-case", request.id], ...request.headers],
      body: request.body,
    });
    connection.write(
      ten
        ? Buffer.from(octets.toString("latin1").replace(" HTTP/1.1\r\n", " HTTP/1.0\r\n"), "latin1")
        : octets,
    );
    return seenResponse(await connection.response(request.method));
  } catch (error) {
    if (error instanceof ConnectionEnded) return { ended: true };
    return { silent: true };
  } finally {
    connection.destroy();
  }
}

function pairs(raw: readonly string[]): Fields {
  const fields: Fields = [];
  for (let at = 0; at + 1 < raw.length; at += 2) fields.push([raw[at] ?? "", raw[at + 1] ?? ""]);
  return fields;
}
