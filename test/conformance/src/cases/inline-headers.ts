import { connectRaw } from "@sluice/harness";
import { httpBootstrap, staticCluster, WITH_TRAILERS } from "../bootstrap.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { seenResponse } from "../normalize.ts";

const NAMES: Readonly<Record<string, string>> = {
  REQUEST_HEADER: "X-Asked",
  REQUEST_TRAILER: "x-asked-end",
  RESPONSE_HEADER: "x-told",
  RESPONSE_TRAILER: "x-told-end",
};
const inline = [...Object.entries(NAMES), ["REQUEST_HEADER", "cookie"]].map(
  ([type, name]) => `{ inline_header_name: ${name}, inline_header_type: ${type} }`,
);
const twice = (name: string): string => `${name}: 1\r\n${name}: 2\r\n`;
const all = Object.values(NAMES).map(twice).join("");
const add = (name: string): string => `{ header: { key: ${name}, value: added } }`;

export const INLINE_HEADER_CASES: readonly ConformanceCase[] = [
  {
    title: "what a preflight asks for is of one line",
    yaml: httpBootstrap({}),
    requests: [
      {
        path: "/",
        headers: ["private-network", "headers", "method", "credentials"].flatMap((name) =>
          ["true", "1"].map((value) => [`access-control-request-${name}`, value] as const),
        ),
      },
    ],
  },
  {
    title: "headers that the bootstrap names are of one line, each in its part of a message",
    yaml: httpBootstrap({
      bootstrap: `inline_headers: [${inline.join(", ")}]`,
      hcm: "http_protocol_options: { enable_trailers: true }",
      clusters: staticCluster("ends", ["{{upstream}}"], WITH_TRAILERS),
      routes: `
- match: { prefix: "/" }
  route: { cluster: ends }
  request_headers_to_add: [${add("x-asked")}, ${add("x-told")}, ${add("cookie")}]
  response_headers_to_add: [${add("x-asked")}, ${add("x-told")}]`,
    }),
    reply: {
      raw: `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n${all}\r\n3\r\none\r\n0\r\n${all}\r\n`,
    },
    observe: async ({ port }) => {
      const client = await connectRaw(port);
      try {
        client.write(
          `POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\ncookie: a=1\r\ncookie: b=2\r\n${all}\r\n1\r\na\r\n0\r\n${all}\r\n`,
        );
        return seenResponse(await client.response("POST"));
      } finally {
        client.destroy();
      }
    },
  },
];
