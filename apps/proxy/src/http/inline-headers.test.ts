import assert from "node:assert/strict";
import { it } from "node:test";
import { create } from "@bufbuild/protobuf";
import {
  CustomInlineHeaderSchema,
  CustomInlineHeader_InlineHeaderType as HeaderType,
} from "@sluice/xds/gen/envoy/config/bootstrap/v3/bootstrap_pb.js";
import { compileInlineHeaders, joinedInTrailers, useInlineHeaders } from "./inline-headers.ts";
import { JOINED_IN_REQUESTS, JOINED_IN_RESPONSES, joinLines } from "./joined-headers.ts";

const named = (inlineHeaderName: string, inlineHeaderType: HeaderType) =>
  create(CustomInlineHeaderSchema, { inlineHeaderName, inlineHeaderType });

it("joins lines of the headers that are named, each in its part of a message", () => {
  const lines = ["x-own", "1", "x-own", "2", "cookie", "a=1", "cookie", "b=2"];
  assert.deepEqual(joinLines(lines, JOINED_IN_REQUESTS), lines);
  const compiled = compileInlineHeaders([
    named("X-Own", HeaderType.REQUEST_HEADER),
    named("cookie", HeaderType.REQUEST_HEADER),
    named("x-end", HeaderType.RESPONSE_TRAILER),
  ]);
  assert.ok(compiled.ok);
  useInlineHeaders(compiled.value);
  assert.deepEqual(joinLines(lines, JOINED_IN_REQUESTS), ["x-own", "1,2", "cookie", "a=1; b=2"]);
  assert.deepEqual(joinLines(lines, JOINED_IN_RESPONSES), lines);
  const empty = ["x-own", "", "x-own", "", "x-own", "1", "x-own", ""];
  assert.deepEqual(joinLines(empty, JOINED_IN_REQUESTS), ["x-own", "1"]);
  const ofEnvoy = ["x-envoy-retry-on", "5xx", "x-envoy-retry-on", "reset"];
  assert.deepEqual(joinLines(ofEnvoy, JOINED_IN_REQUESTS), ["x-envoy-retry-on", "5xx,reset"]);
  assert.deepEqual(
    [joinedInTrailers(true).has("x-end"), joinedInTrailers(false).has("x-end")],
    [false, true],
  );
});

it("refuses what cannot be joined", () => {
  const compiled = compileInlineHeaders([named("Set-Cookie", HeaderType.RESPONSE_HEADER)]);
  assert.deepEqual(compiled.ok ? [] : compiled.problems.map(({ path }) => path), [
    "inline_headers[0].inline_header_name",
  ]);
});
