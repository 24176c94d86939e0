import assert from "node:assert/strict";
import { test } from "node:test";
import { TRPCClientError } from "@trpc/client";
import { refusalOf } from "./refusal.ts";

function answered(message: string, data: object): TRPCClientError<never> {
  return TRPCClientError.from({ error: { code: -32_600, message, data } } as never);
}

test("a refusal with words alone has them and no problems", () => {
  const refusal = refusalOf(
    answered("the directory begins with https://", { httpStatus: 422, config: { code: "invalid" } }),
  );
  assert.deepEqual(refusal, {
    kind: "invalid",
    message: "the directory begins with https://",
    conflict: undefined,
    problems: [],
    issues: [],
  });
});

test("a refusal with problems keeps them for their fields", () => {
  const problems = [{ path: "name", message: "is empty", severity: "error" }];
  const config = { code: "invalid", details: { problems } };
  assert.deepEqual(refusalOf(answered("invalid", { httpStatus: 422, config })).problems, problems);
});

test("what does not fit the schema is told apart by field, limit and kind, not as JSON", () => {
  const issues = JSON.stringify([
    { code: "too_small", origin: "string", minimum: 3, path: ["grants", 0, "name"], message: "Too small" },
    { code: "custom", path: [], message: "names differ" },
  ]);
  const { message, issues: found } = refusalOf(answered(issues, { httpStatus: 400 }));
  assert.equal(message, "");
  assert.deepEqual(found, [
    { path: "grants.0.name", code: "too_small", origin: "string", limit: 3, message: "Too small" },
    { path: "", code: "custom", origin: "", limit: undefined, message: "names differ" },
  ]);
});

test("a server that does not answer is away", () => {
  assert.equal(refusalOf(TRPCClientError.from(new Error("fetch failed"))).kind, "away");
});
