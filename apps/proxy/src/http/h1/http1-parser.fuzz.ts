import assert from "node:assert/strict";
import { cutAtRandom, type FuzzTarget } from "@sluice/harness";
import { Http1Parser, type Http1ParserSink } from "./http1-parser.ts";

const LIMITS = { headBytesMax: 2048, headersMax: 20 };
const latin1 = (text: string): Buffer => Buffer.from(text, "latin1");

interface Reading {
  readonly events: readonly string[];
  readonly bodyBytes: number;
  readonly kind: string;
}

/** What the parser says of pieces, without how bodies are cut. */
function read(isRequest: boolean, pieces: readonly Buffer[]): Reading {
  const events: string[] = [];
  let kind = "";
  let bodyBytes = 0;
  let body = "";
  const sink: Http1ParserSink = {
    onHead: ({ fields }) => {
      assert.ok(fields.length <= LIMITS.headersMax * 2 + 8);
      events.push(
        `${parser.head.method} ${parser.head.target} ${parser.head.status} ${parser.framing} ${fields.join("|")}`,
      );
      kind += `h${parser.framing}${Math.min(fields.length, 12)}`;
    },
    onBody: (chunk) => {
      bodyBytes += chunk.length;
      body += chunk.toString("latin1");
    },
    onTrailers: ({ fields }) => {
      events.push(`trailers ${fields.join("|")}`);
      kind += "t";
    },
    onMessageComplete: () => {
      events.push(`end ${body}`);
      kind += body === "" ? "e" : "b";
      body = "";
    },
    onParseError: (error) => {
      events.push(`error ${error.message} ${body}`);
      kind += error.message;
    },
  };
  const parser: Http1Parser = new Http1Parser(isRequest, sink, LIMITS);
  for (const piece of pieces) parser.execute(piece);
  events.push(`finish ${parser.finish()} ${body}`);
  return { events, bodyBytes, kind: kind.slice(0, 80) };
}

function target(isRequest: boolean, corpus: readonly string[]): FuzzTarget {
  return {
    name: isRequest ? "HTTP/1 request parser" : "HTTP/1 response parser",
    corpus: corpus.map(latin1),
    dictionary: [
      ..."\r\n|\n|\r|: |\0|HTTP/1.1|HTTP/1.0|GET |POST |0\r\n\r\n|5;a=b\r\nhello\r\n|fffffffff\r\n".split(
        "|",
      ),
      "Transfer-Encoding: chunked\r\n",
      "Content-Length: 5\r\n",
      "Host: a\r\n",
      "Connection: close\r\n",
      `x: ${"a".repeat(500)}\r\n`,
      "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    ].map(latin1),
    run(input, random) {
      const whole = read(isRequest, [input]);
      const cut = read(isRequest, cutAtRandom(input, random));
      assert.deepEqual(cut.events, whole.events);
      assert.ok(whole.bodyBytes <= input.length);
      return whole.kind;
    },
  };
}

export const http1RequestFuzz: FuzzTarget = target(true, [
  "GET / HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n",
  "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloGET / HTTP/1.1\r\nHost: a\r\n\r\n",
  "POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\nA\r\n0123456789\r\n0\r\nT: v\r\n\r\n",
  "OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
]);

export const http1ResponseFuzz: FuzzTarget = target(false, [
  "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nT: v\r\n\r\n",
  "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\nX: y\r\n\r\n",
  "HTTP/1.0 200 OK\r\n\r\nuntil the end",
]);
