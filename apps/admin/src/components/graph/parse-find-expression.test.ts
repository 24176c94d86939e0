import assert from "node:assert/strict";
import { test } from "node:test";
import { type FindSubject, parseFindExpression } from "./parse-find-expression.ts";

const web: FindSubject = {
  name: "web-frontend",
  kind: "cluster",
  health: "degraded",
  rate: 25,
  error: 0.02,
  p50: 4,
  p95: 240,
  p99: 900,
  connections: 3,
};
const idle: FindSubject = {
  ...web,
  name: "old api",
  health: "healthy",
  rate: 0,
  error: 0,
  p50: undefined,
  p95: undefined,
  p99: undefined,
};

function holds(expression: string, subject: FindSubject): boolean {
  const parsed = parseFindExpression(expression);
  assert.ok(parsed.ok, JSON.stringify(parsed));
  return parsed.matches(subject);
}

function problemOf(expression: string): readonly unknown[] {
  const parsed = parseFindExpression(expression);
  assert.ok(!parsed.ok, expression);
  return [parsed.code, parsed.word, parsed.at];
}

test("figures compare with their units", () => {
  for (const expression of [
    "rate > 10",
    "error>1%",
    "error >= 0.02",
    "success < 99%",
    "p95 > 0.2s",
    "p95=240ms",
    "connections != 2",
  ]) {
    assert.ok(holds(expression, web), expression);
  }
  for (const expression of ["rate > 25", "error > 2%", "p99 < 900", "rate > 1k"]) {
    assert.ok(!holds(expression, web), expression);
  }
});

test("a latency that was not measured matches no comparison", () => {
  assert.ok(!holds("p95 < 1s", idle));
  assert.ok(!holds("p95 > 0", idle));
});

test("texts match whole or in part, whatever their case", () => {
  assert.ok(holds("name ~ WEB", web));
  assert.ok(holds("kind = cluster and health != healthy", web));
  assert.ok(holds('name = "old api"', idle));
  assert.ok(holds("name !~ web", idle));
});

test("words alone are states, else parts of names", () => {
  assert.ok(holds("idle", idle) && !holds("idle", web));
  assert.ok(holds("active degraded", web));
  assert.ok(holds("front", web) && !holds("front", idle));
});

test("not binds closer than and, and closer than or, and groups come first", () => {
  assert.ok(holds("not idle and name ~ web", web));
  assert.ok(holds("idle or rate > 10 && degraded", web));
  assert.ok(holds("!(idle or healthy)", web));
  assert.ok(!holds("(idle or active) healthy", web));
  assert.ok(holds("  ", idle));
});

test("a mistake is named with its place", () => {
  assert.deepEqual(problemOf("speed > 3"), ["unknown_field", "speed", 0]);
  assert.deepEqual(problemOf("rate > fast"), ["bad_number", "fast", 7]);
  assert.deepEqual(problemOf("rate > 5%"), ["bad_number", "5%", 7]);
  assert.deepEqual(problemOf("rate >"), ["expected_value", ">", 5]);
  assert.deepEqual(problemOf("rate ~ 3"), ["bad_operator", "~", 5]);
  assert.deepEqual(problemOf("(idle"), ["open_group", "(", 0]);
  assert.deepEqual(problemOf('name = "web'), ["open_quote", '"web', 7]);
  assert.deepEqual(problemOf("idle )"), ["expected_term", ")", 5]);
  assert.deepEqual(problemOf("idle and"), ["expected_term", "", 8]);
});
