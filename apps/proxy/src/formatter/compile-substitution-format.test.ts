import assert from "node:assert/strict";
import { test } from "node:test";
import { ResponseFlag } from "@sluice/extension-api";
import { compileSubstitutionFormat } from "./compile-substitution-format.ts";
import type { FormatContext } from "./format-context.ts";
import { byteCounts, formatContext } from "./format-context-fixture.ts";

function print(text: string, context: FormatContext, options = {}): string {
  const compiled = compileSubstitutionFormat(text, "format", options);
  assert.ok(compiled.ok, JSON.stringify(compiled));
  return compiled.value.format(context);
}

test("prints what Envoy's default format prints", () => {
  const context = formatContext({
    request: { ":method": "GET", ":path": "/a?b=1", ":authority": "web", "user-agent": "curl" },
    streamInfo: {
      responseCode: 503,
      responseFlags: ResponseFlag.UpstreamConnectionFailure,
      durationMs: 12.9,
    },
  });
  assert.equal(
    print(
      '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% %BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%"\n',
      context,
    ),
    '[2026-01-02T03:04:05.678Z] "GET /a?b=1 HTTP/1.1" 503 UF 0 0 12 - "-" "curl"\n',
  );
});

test("arguments, length limits, and the percent sign", () => {
  const context = formatContext({ request: { "x-long": "abcdefghij", ":path": "/p?q=7" } });
  assert.equal(print("%REQ(X-LONG):4%|100%%|%PATH(NQ)%|%QUERY_PARAM(q)%", context), "abcd|100%|/p|7");
  assert.equal(
    print("%START_TIME(%Y/%m/%d %H:%M:%S.%3f %s)%", context),
    "2026/01/02 03:04:05.678 1767323045",
  );
});

test("addresses with and without port, also for IPv6", () => {
  const context = formatContext({ connection: { remoteAddress: "[::1]:9", localAddress: "10.0.0.1:80" } });
  assert.equal(
    print("%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% %DOWNSTREAM_LOCAL_PORT% %UPSTREAM_HOST%", context),
    "::1 80 -",
  );
});

test("addresses without port may be masked, and what is no mask counts for nothing", () => {
  const context = formatContext({
    connection: { remoteAddress: "[2001:db8:1::5]:9", localAddress: "/socket" },
  });
  const masked = (mask: string) => print(`%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT(${mask})%`, context);
  assert.deepEqual(["33", "200", "-1", "x", ""].map(masked), [
    "2001:db8::/33",
    "2001:db8:1::5/128",
    "",
    "2001:db8:1::5",
    "2001:db8:1::5",
  ]);
  assert.equal(print("%DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT(8)%", context), "/socket");
});

test("a parameter is decoded, a whole query only on demand and only what needs no encoding", () => {
  const context = formatContext({ request: { ":path": "/?a=1+%20%zz&%62=%41&c=%3c%2F%&d=%4" } });
  assert.equal(print("%QUERY_PARAM(a)%|%QUERY_PARAM(b)%|%QUERY_PARAM(d)%", context), "1+ %zz|A|%4");
  assert.equal(print("%QUERY_PARAMS%", context), "a=1+%20%zz&%62=%41&c=%3c%2F%&d=%4");
  assert.equal(print("%QUERY_PARAMS(DECODED)%", context), "a=1+%20zz&b=A&c=%3c/&d=%4");
  assert.equal(print("%QUERY_PARAMS(DECODED):3%", context), "a=1");
});

test("the requested server name may come from the request's host", () => {
  const request = { ":authority": "now:80", "x-envoy-original-host": "old" };
  const context = formatContext({ request, connection: { requestedServerName: "a/b" } });
  const formats = ["", "(SNI_FIRST)", "(HOST_FIRST)", "(HOST_FIRST:HOST)", "(:HOST)"];
  assert.deepEqual(
    formats.map((each) => print(`%REQUESTED_SERVER_NAME${each}%`, context)),
    ["a_b", "a_b", "old", "now:80", "a_b"],
  );
  assert.equal(print("%REQUESTED_SERVER_NAME(SNI_FIRST:ORIG)%", formatContext({ request })), "old");
});

test("a length cuts any value in a text", () => {
  const coalesce = '%COALESCE({"operators": ["RESPONSE_CODE"]}):2%';
  assert.equal(print(coalesce, formatContext({})), "20");
});

test("bytes of streams, 0 where none are metered", () => {
  const text = ["DOWNSTREAM", "UPSTREAM"]
    .flatMap((side) => ["WIRE", "HEADER", "DECOMPRESSED_HEADER"].map((what) => `${side}_${what}`))
    .map((name) => `%${name}_BYTES_SENT% %${name}_BYTES_RECEIVED%`)
    .join(" ");
  const streamInfo = { downstreamBytes: byteCounts(10), upstreamBytes: byteCounts(20) };
  assert.equal(print(text, formatContext({ streamInfo })), "11 12 13 14 15 16 21 22 23 24 25 26");
  assert.equal(print("%UPSTREAM_WIRE_BYTES_SENT%", formatContext({})), "0");
});

test("missing values are empty where the caller says so", () => {
  assert.equal(print("a%REQ(none)%b", formatContext({}), { omitEmptyValues: true }), "ab");
});

test("gRPC status comes from trailers, else from headers, and only for gRPC", () => {
  const request = { ":path": "/s/m", "content-type": "application/grpc" };
  assert.equal(
    print("%GRPC_STATUS%", formatContext({ request, trailers: { "grpc-status": "5" } })),
    "NotFound",
  );
  assert.equal(
    print(
      "%GRPC_STATUS(SNAKE_STRING)% %GRPC_STATUS_NUMBER%",
      formatContext({ request, response: { "grpc-status": "14" } }),
    ),
    "UNAVAILABLE 14",
  );
  assert.equal(print("%GRPC_STATUS%", formatContext({ response: { "grpc-status": "14" } })), "-");
  const web = { ":path": "/s/m", "content-type": "application/grpc-web" };
  const trailers = { "grpc-status": "5" };
  assert.equal(print("%GRPC_STATUS%", formatContext({ request: web, trailers })), "-");
  assert.equal(print("%GRPC_STATUS%", formatContext({ request, trailers: { "grpc-status": "x" } })), "-1");
});

test("every mistake is told, with the nearest operator", () => {
  const compiled = compileSubstitutionFormat(
    "%RESPONSE_COD% %REQ% %START_TIME(%n)% %PROTOCOL:3% %REQ(a b)% %DOWNSTREAM_CX_RTT%",
    "log_format.text_format",
  );
  assert.ok(!compiled.ok);
  assert.deepEqual(
    compiled.problems.map((problem) => problem.message),
    [
      "command operator %RESPONSE_COD% is not implemented; did you mean %RESPONSE_CODE%?",
      "%REQ(HEADER)% needs a header name",
      "the time format '%n' has a line feed",
      "%PROTOCOL% takes no length",
      "%REQ(a b)%: 'a b' is no header name",
      "command operator %DOWNSTREAM_CX_RTT% is not implemented: Node does not tell it",
    ],
  );
  assert.equal(compiled.problems[0]?.path, "log_format.text_format");
  const broken = compileSubstitutionFormat("50% of %REQ(A)%", "x");
  assert.ok(!broken.ok && broken.problems[0]?.message.includes("position 2"));
});
