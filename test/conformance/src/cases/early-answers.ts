import type { ScriptedReply } from "@sluice/harness";
import type { ConformanceCase } from "../conformance-case.ts";
import { type Exchange, exchangesCase, type Sent } from "../lone-exchanges.ts";
import type { ListenerParts } from "../many-listeners.ts";

const LARGE = 300_000;
/** A body of `total` octets, of which `sent` come with the head. */
const post = (path: string, total: number, sent: number, more = ""): string =>
  `POST ${path} HTTP/1.1\r\nhost: a.test\r\nx-reply: ${path}\r\n${more}content-length: ${total}\r\n\r\n${"x".repeat(sent)}`;
const chunks = (path: string, body: string, more = ""): string =>
  `POST ${path} HTTP/1.1\r\nhost: a.test\r\nx-reply: ${path}\r\n${more}transfer-encoding: chunked\r\n\r\n${body}`;
const EXPECT = "expect: 100-continue\r\n";

/** What is sent of a request, and what follows the first octets of the answer. */
const BODIES: Readonly<Record<string, (path: string) => Sent>> = {
  none: (path) => ({ send: post(path, 10, 0) }),
  half: (path) => ({ send: post(path, 10, 5) }),
  whole: (path) => ({ send: post(path, 10, 10) }),
  "half, then the rest": (path) => ({ send: post(path, 10, 5), rest: "x".repeat(5) }),
  "half, then the rest and another": (path) => ({
    send: post(path, 10, 5),
    rest: `${"x".repeat(5)}GET ${path} HTTP/1.1\r\nhost: a.test\r\n\r\n`,
  }),
  "half of a large one": (path) => ({ send: post(path, 2 * LARGE, LARGE) }),
  "half of a large one, then the rest": (path) => ({
    send: post(path, 2 * LARGE, LARGE),
    rest: "x".repeat(LARGE),
  }),
  "a chunk": (path) => ({ send: chunks(path, "3\r\nabc\r\n") }),
  "half a chunk": (path) => ({ send: chunks(path, "6\r\nabc") }),
  "no chunk": (path) => ({ send: chunks(path, "") }),
  "chunks but the last": (path) => ({ send: chunks(path, "3\r\nabc\r\n0\r\n"), rest: "\r\n" }),
  "whole chunks": (path) => ({ send: chunks(path, "3\r\nabc\r\n0\r\n\r\n") }),
  "trailers outstanding": (path) => ({ send: chunks(path, "3\r\nabc\r\n0\r\nx-t: 1\r\n") }),
  "a bad chunk behind": (path) => ({ send: chunks(path, "3\r\nabc\r\nzz\r\n") }),
  "none, expecting": (path) => ({ send: post(path, 10, 0, EXPECT) }),
  "none, expecting, then all": (path) => ({ send: post(path, 10, 0, EXPECT), rest: "x".repeat(10) }),
  "whole, expecting": (path) => ({ send: post(path, 10, 10, EXPECT) }),
  "none, expecting chunks": (path) => ({ send: chunks(path, "", EXPECT), rest: "1\r\na\r\n0\r\n\r\n" }),
  "HTTP/1.0": (path) => ({
    send: post(path, 10, 5, "connection: keep-alive\r\n").replace("HTTP/1.1", "HTTP/1.0"),
  }),
  "HTTP/1.0, whole": (path) => ({
    send: post(path, 10, 10, "connection: keep-alive\r\n").replace("HTTP/1.1", "HTTP/1.0"),
  }),
  "a close": (path) => ({ send: post(path, 10, 5, "connection: close\r\n") }),
  "HTTP/1.0, no body": (path) => ({
    send: `GET ${path} HTTP/1.0\r\nhost: a.test\r\nx-reply: ${path}\r\nconnection: keep-alive\r\n\r\n`,
  }),
  "no body and a close": (path) => ({
    send: `GET ${path} HTTP/1.1\r\nhost: a.test\r\nx-reply: ${path}\r\nconnection: close\r\n\r\n`,
  }),
  "HTTP/1.0, no body and a close": (path) => ({
    send: `GET ${path} HTTP/1.0\r\nhost: a.test\r\nx-reply: ${path}\r\n\r\n`,
  }),
  "a whole one and a close": (path) => ({ send: post(path, 10, 10, "connection: close\r\n") }),
  "HEAD with half a body": (path) => ({ send: post(path, 10, 5).replace("POST", "HEAD") }),
};

const typed = (name: string, type: string, fields: string): string =>
  `- { name: ${name}, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.${type}, ${fields} } }`;

/** Who answers, and from what. */
const ANSWERERS: Readonly<Record<string, ListenerParts>> = {
  direct: {
    routes: "- { match: { prefix: / }, direct_response: { status: 200, body: { inline_string: body } } }",
  },
  "direct 204": { routes: "- { match: { prefix: / }, direct_response: { status: 204 } }" },
  "direct 400": { routes: "- { match: { prefix: / }, direct_response: { status: 400 } }" },
  redirect: { routes: "- { match: { prefix: / }, redirect: { path_redirect: /to } }" },
  "no route": { routes: "- { match: { path: /no }, route: { cluster: one } }" },
  dead: { routes: "- { match: { prefix: / }, route: { cluster: dead } }" },
  abort: {
    httpFilters: typed(
      "envoy.filters.http.fault",
      "fault.v3.HTTPFault",
      "abort: { http_status: 503, percentage: { numerator: 100 } }",
    ),
  },
  limit: {
    httpFilters: typed(
      "envoy.filters.http.local_ratelimit",
      "local_ratelimit.v3.LocalRateLimit",
      "stat_prefix: l, token_bucket: { max_tokens: 1, tokens_per_fill: 1, fill_interval: 3600s }, filter_enabled: { default_value: { numerator: 100 } }, filter_enforced: { default_value: { numerator: 100 } }",
    ),
  },
  denied: {
    httpFilters: typed("envoy.filters.http.rbac", "rbac.v3.RBAC", "rules: { action: ALLOW, policies: {} }"),
  },
  buffer: {
    httpFilters: typed("envoy.filters.http.buffer", "buffer.v3.Buffer", "max_request_bytes: 2"),
  },
};

/** What the outcome of is chance, at an answerer. */
const LEFT_OUT: Readonly<Record<string, RegExp>> = { buffer: /large/, large: /rest|then all|last|chunks$/ };
/** These answer before any of the body is of interest: the others are told of a bad chunk in Envoy ahead of what stands before it. */
const AT_ONCE = new Set(["direct", "direct 204", "direct 400", "redirect", "no route", "abort", "denied"]);

const bodiesFor = (answerer: string) =>
  Object.entries(BODIES).filter(
    ([body]) =>
      LEFT_OUT[answerer]?.test(body) !== true && (AT_ONCE.has(answerer) || body !== "a bad chunk behind"),
  );

/** Connection managers, and which bodies they make a difference to. */
const MANAGERS: readonly (readonly [name: string, hcm: string, bodies: RegExp])[] = [
  ["", "", /^/],
  [", proxying 100", "proxy_100_continue: true\n", /expecting/],
  [
    ", lenient",
    "stream_error_on_invalid_http_message: true\n",
    /^(half|whole|whole chunks|HTTP.1.0, no body)$/,
  ],
];

const earlyAnswers = Object.entries(ANSWERERS).map(([answerer, parts]) =>
  exchangesCase(
    `an answer ahead of the request's end: ${answerer}`,
    Object.fromEntries(
      bodiesFor(answerer).flatMap(([body, make]) =>
        MANAGERS.filter(([, , bodies]) => bodies.test(body)).map(([manager, hcm]): [string, Exchange] => [
          `${body}${manager}`,
          {
            ...parts,
            hcm: `${hcm}http_protocol_options: { accept_http_10: true }`,
            ...make(`/${body.replaceAll(/\W+/g, "-")}`),
          },
        ]),
      ),
    ),
  ),
);

/** What an upstream answers as soon as the head has come. */
const EARLY_REPLIES: Readonly<Record<string, ScriptedReply>> = {
  length: { at: "head", body: "early" },
  error: { at: "head", status: 413, body: "early" },
  bodiless: { at: "head", status: 204 },
  chunked: { at: "head", chunks: ["early"] },
  slow: { at: "head", chunks: ["early", "late"], pauseMs: 200 },
  closing: { at: "head", headers: [["connection", "close"]], body: "early", afterwards: "close" },
  large: { at: "head", body: "y".repeat(LARGE) },
  trailers: { at: "head", chunks: ["early"], trailers: [["x-t", "1"]] },
};

const upstreamsEarly = Object.entries(EARLY_REPLIES).map(([name, reply]) =>
  exchangesCase(
    `an answer ahead of the request's end: an upstream's, ${name}`,
    Object.fromEntries(
      bodiesFor(name).flatMap(([body, make]) =>
        MANAGERS.filter(([, , bodies]) => bodies.test(body)).map(([manager, hcm]): [string, Exchange] => [
          `${body}${manager}`,
          {
            hcm: `${hcm}http_protocol_options: { accept_http_10: true, enable_trailers: true }`,
            ...make(`/${body.replaceAll(/\W+/g, "-")}`),
          },
        ]),
      ),
    ),
    { reply },
  ),
);

export const EARLY_ANSWER_CASES: readonly ConformanceCase[] = [...earlyAnswers, ...upstreamsEarly];
