import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { RE2JS } from "re2js";
import { compileFilter, requiredLiteral } from "./stat-filter.ts";

const NAMES = [
  "cluster.web.upstream_rq_5xx",
  "cluster.web2.upstream_cx_total",
  "server.live",
  "http.in.rq_total",
  "",
];

describe("the filter of stats", () => {
  it("knows what every match must contain", () => {
    for (const [pattern, literal] of [
      ["cluster", "cluster"],
      ["^cluster\\.web\\..*5xx$", "cluster.web."],
      ["upstream_rq.*", "upstream_rq"],
      ["webs?", "web"],
      ["ab{0,1}cd", "cd"],
      ["(a|b)c", ""],
      ["a|b", ""],
      ["[ab]cluster", ""],
      ["\\d+", ""],
      ["\\Qa.b\\E", ""],
      [".", ""],
    ] as const)
      assert.equal(requiredLiteral(pattern), literal, pattern);
  });

  it("finds what the expression finds", () => {
    for (const pattern of [
      "web",
      "^cluster",
      "web2?\\.up",
      "rq.*total|live",
      "x$",
      "_rq_5x+",
      "l{1}",
      "(?i)WEB",
    ]) {
      const filter = compileFilter(pattern);
      assert.ok(typeof filter === "function");
      const expression = RE2JS.compile(pattern);
      for (const name of NAMES) assert.equal(filter(name), expression.test(name), `${pattern} in ${name}`);
    }
    assert.ok("error" in Object(compileFilter("(")));
  });
});
