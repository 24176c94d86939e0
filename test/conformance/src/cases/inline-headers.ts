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
/** A head takes 100 lines. */
const KNOWN = [
  `accept accept-charset accept-encoding accept-language access-control-request-headers access-control-request-method
access-control-request-private-network authentication authorization cache-control cdn-loop content-encoding content-language
content-type forwarded grpc-accept-encoding grpc-encoding grpc-timeout if-match if-modified-since if-none-match if-range
if-unmodified-since max-forwards origin pragma priority proxy-status referer te traceparent tracestate`,
  `user-agent via warning x-amzn-trace-id x-b3-traceid x-client-trace-id x-forwarded-client-cert x-forwarded-for x-forwarded-host
x-forwarded-port x-forwarded-proto x-request-id x-real-ip x-envoy-original-dst-host access-control-allow-credentials
access-control-allow-headers access-control-allow-methods access-control-allow-origin access-control-allow-private-network
access-control-expose-headers access-control-max-age age allow alt-svc etag expires grpc-message grpc-status last-modified link
location`,
  `accept-ranges content-disposition date retry-after server set-cookie strict-transport-security vary www-authenticate
x-envoy-ratelimited x-envoy-overloaded x-frame-options x-ratelimit-limit early-data from grpc-tags-bin grpc-trace-bin range
proxy-authorization`,
].map((names) => names.split(/\s+/).map(twice).join(""));
const add = (name: string): string => `{ header: { key: ${name}, value: added } }`;

export const INLINE_HEADER_CASES: readonly ConformanceCase[] = [
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
  {
    title:
      "lines of the headers that Envoy knows are joined, in requests and in responses, those of others are not",
    yaml: httpBootstrap({}),
    reply: ({ target }) => ({
      raw: `HTTP/1.1 200 OK\r\ncontent-length: 0\r\n${KNOWN[Number(target.slice(1))] ?? ""}\r\n`,
    }),
    observe: async ({ port }) => {
      const seen: unknown[] = [];
      for (const [at, lines] of KNOWN.entries()) {
        const client = await connectRaw(port);
        client.write(`GET /${at} HTTP/1.1\r\nhost: a\r\n${lines}\r\n`);
        seen.push(seenResponse(await client.response("GET")));
        client.destroy();
      }
      return seen;
    },
  },
];
