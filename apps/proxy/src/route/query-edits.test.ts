import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import {
  KeyValueAppend_KeyValueAppendAction as AppendAction,
  KeyValueMutationSchema,
} from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import { formatContext } from "../formatter/format-context-fixture.ts";
import { Headers } from "../http/header-map.ts";
import { applyQueryEdits, compileQueryEdits } from "./query-edits.ts";

const append = (key: string, value: string, action = AppendAction.APPEND_IF_EXISTS_OR_ADD) =>
  create(KeyValueMutationSchema, {
    append: { record: { key, value: { kind: { case: "stringValue", value } } }, action },
  });

function edited(path: string, ...list: Parameters<typeof compileQueryEdits>[0][number][]): string {
  const edits = compileQueryEdits(list, "q", {});
  assert.ok(edits.ok);
  const headers = new Headers([":path", path]);
  applyQueryEdits(edits.value, headers, formatContext({}));
  return headers.get(":path") ?? "";
}

test("a new value is percent-encoded octet by octet, others are decoded", () => {
  assert.equal(
    edited("/a?x=%26&%62=c%2Fd%zz", append("n", "a b&c=\u00e9")),
    "/a?b=c/d%zz&n=a%20b%26c%3D%C3%A9&x=&",
  );
});

test("what would break a request's line stays encoded", () => {
  assert.equal(
    edited("/a?x=%0d%0aevil:%201&y=%00%7F", append("n", "1")),
    "/a?n=1&x=%0d%0aevil:%201&y=%00%7F",
  );
});

test("a query that is empty afterwards goes, mark and all", () => {
  assert.equal(edited("/a?gone=1", create(KeyValueMutationSchema, { remove: "gone" })), "/a");
});

test("edits that say nothing, or not a text, are refused in Envoy's words", () => {
  const refused = compileQueryEdits(
    [
      create(KeyValueMutationSchema, {}),
      create(KeyValueMutationSchema, { append: { record: { key: "a" } } }),
    ],
    "q",
    {},
  );
  assert.deepEqual(refused.ok ? [] : refused.problems.map(({ path, message }) => `${path}: ${message}`), [
    "q[0]: Both append and remove are empty, at least one should be set",
    "q[1]: Only string value is allowed for record value.",
  ]);
});
