import type { ServerHttp2Stream } from "node:http2";
import { Journal } from "../answering-service.ts";
import { fileLog, httpBootstrap, OVER_HTTP2, staticCluster } from "../bootstrap.ts";
import type { CaseRequest, ConformanceCase } from "../conformance-case.ts";
import { GRPC_HEAD, grpcFrame } from "../grpc-call.ts";
import { http2Service } from "../http2-service.ts";

const TYPES = "type.googleapis.com/envoy.extensions.filters.http";
const FILTERS = `
- { name: web, typed_config: { "@type": ${TYPES}.grpc_web.v3.GrpcWeb } }
- { name: router, typed_config: { "@type": ${TYPES}.router.v3.Router } }`;
const frame = (text: string): Buffer => grpcFrame(Buffer.from(text));

/** By the method: how a call is answered. */
const METHODS: Readonly<Record<string, (stream: ServerHttp2Stream, body: Buffer) => void>> = {
  Add: (stream, body) => {
    stream.respond(GRPC_HEAD, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0", "x-more": "a b" }));
    stream.write(body);
    stream.end(frame("second"));
  },
  Fail: (stream) =>
    stream.respond({ ...GRPC_HEAD, "grpc-status": "5", "grpc-message": "none%20such" }, { endStream: true }),
  Html: (stream) => {
    stream.respond({ ":status": 200, "content-type": "text/html" });
    stream.end("<p>100% ~ \u00fc\n</p>");
  },
  Down: (stream) => {
    stream.respond({ ":status": 503, "content-type": "text/plain" });
    stream.end("down for now");
  },
  Web: (stream) => {
    stream.respond({
      ":status": 200,
      "content-type": "application/grpc-web+proto; charset=x",
      "content-length": 7,
    });
    stream.end(frame("ok"));
  },
  Empty: (stream) => stream.respond({ ":status": 404 }, { endStream: true }),
};

const SHOWN = [":path", "content-type", "te", "grpc-accept-encoding", "content-length", "accept"];
const journal = new Journal();
const answered = http2Service((stream, headers, body) => {
  journal.add({
    head: SHOWN.map((name) => `${name}: ${String(headers[name])}`),
    body: body.toString("hex"),
  });
  METHODS[String(headers[":path"]).split("/").at(-1) ?? ""]?.(stream, body);
});

const call = (
  method: string,
  type: string,
  body: string,
  accept?: string,
  more: [string, string][] = [],
): CaseRequest => {
  const accepted: [string, string][] = accept === undefined ? [] : [["accept", accept]];
  return {
    method: "POST",
    path: `/shop.Cart/${method}`,
    headers: [["content-type", type], ...accepted, ...more],
    body,
  };
};
const TEXT = "application/grpc-web-text";
const BINARY = "application/grpc-web+proto";
const PING = frame("ping");

export const GRPC_WEB_CASES: readonly ConformanceCase[] = [
  {
    title: "grpc_web translates calls of browsers and the answers to them",
    yaml: httpBootstrap({
      hcm: `access_log: ${fileLog("%RESPONSE_CODE% %RESPONSE_CODE_DETAILS% %GRPC_STATUS_NUMBER%")}`,
      httpFilters: FILTERS,
      routes: `- { match: { prefix: "/shop.Dead" }, route: { cluster: dead } }
- { match: { prefix: "/shop.Direct" }, direct_response: { status: 403, body: { inline_string: "not here" } } }
- { match: { prefix: "/shop" }, route: { cluster: grpc } }`,
      clusters: staticCluster("grpc", ["{{tcp}}"], OVER_HTTP2),
    }),
    tcp: answered,
    observe: async ({ send }) => {
      journal.take();
      const responses: unknown[] = [];
      for (const request of [
        call("Add", BINARY, PING.toString("latin1")),
        call("Add", "application/grpc-web", PING.toString("latin1"), TEXT),
        call("Add", TEXT, PING.toString("base64"), `${TEXT}+proto`, [["grpc-accept-encoding", "gzip"]]),
        call("Add", `${TEXT}+proto`, PING.toString("base64") + frame("x").toString("base64")),
        call("Add", TEXT, "abc"),
        call("Add", TEXT, "a=bc"),
        call("Add", "application/grpc-web+json", "{}"),
        call("Fail", BINARY, ""),
        call("Html", BINARY, PING.toString("latin1")),
        call("Down", TEXT, PING.toString("base64"), TEXT),
        call("Web", BINARY, PING.toString("latin1")),
        call("Empty", BINARY, PING.toString("latin1")),
        { ...call("", BINARY, PING.toString("latin1")), path: "/shop.Dead/Add" },
        { ...call("", BINARY, PING.toString("latin1")), path: "/shop.Direct/Add" },
        { ...call("", BINARY, PING.toString("latin1")), path: "/none" },
      ])
        responses.push(await send(request));
      return { responses, seen: journal.take() };
    },
    stats: ["Add", "Fail", "Html", "Down", "Web", "Empty"]
      .flatMap((method) =>
        ["0", "5", "14", "success", "failure", "total"].map((name) => `shop.Cart.${method}.${name}`),
      )
      .map((name) => `cluster.grpc.grpc-web.${name}`)
      .concat("cluster.dead.grpc-web.shop.Dead.Add.failure"),
    accessLog: { file: "access.log", lines: 15 },
  },
];
