import assert from "node:assert/strict";
import { test } from "node:test";
import { fromJson, type JsonValue } from "@bufbuild/protobuf";
import { MatchPredicateSchema } from "@sluice/xds/gen/envoy/config/common/matcher/v3/matcher_pb.js";
import { Headers } from "../../http/header-map.ts";
import { compileErrorMatcher, judgedStatus } from "./error-matcher.ts";

const BUSY = { http_response_headers_match: { headers: [{ name: "x-busy", present_match: true }] } };
const TEAPOT = {
  http_response_headers_match: { headers: [{ name: ":status", string_match: { exact: "418" } }] },
};

function judge(predicate: JsonValue, ...fields: string[]): number {
  const compiled = compileErrorMatcher(fromJson(MatchPredicateSchema, predicate), "error_matcher");
  assert.ok(compiled.ok);
  const response = new Headers(fields);
  return judgedStatus(compiled.value, response, Number(response.get(":status")));
}

test("a response that matches is a server error, one that does not a success", () => {
  assert.equal(judge(TEAPOT, ":status", "418"), 500);
  assert.equal(judge(TEAPOT, ":status", "503"), 200);
  assert.equal(judge(BUSY, ":status", "503", "x-busy", ""), 503);
});

test("rules combine", () => {
  assert.equal(judge({ or_match: { rules: [BUSY, TEAPOT] } }, ":status", "418"), 500);
  assert.equal(judge({ and_match: { rules: [BUSY, TEAPOT] } }, ":status", "418"), 200);
  assert.equal(judge({ not_match: TEAPOT }, ":status", "201"), 500);
  assert.equal(judge({ any_match: true }, ":status", "200"), 500);
});

test("a header that cannot be matched is a problem with its path", () => {
  const bad = { http_response_headers_match: { headers: [{ name: "x", safe_regex_match: { regex: "(" } }] } };
  const compiled = compileErrorMatcher(
    fromJson(MatchPredicateSchema, { not_match: bad }),
    "outlier_detection.error_matcher",
  );
  assert.ok(!compiled.ok);
  assert.match(
    compiled.problems[0]?.path ?? "",
    /^outlier_detection\.error_matcher\.not_match\.http_response_headers_match\.headers\[0\]/,
  );
});
