import assert from "node:assert/strict";
import { it } from "node:test";
import { create } from "@bufbuild/protobuf";
import { RouteMatchSchema } from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import { RegexMatchAndSubstituteSchema } from "@sluice/xds/gen/envoy/type/matcher/v3/regex_pb.js";
import { compileRegexSubstitution, prefixRewriter } from "./rewrite-target.ts";

function substituted(regex: string, substitution: string, text: string): string {
  const config = create(RegexMatchAndSubstituteSchema, { pattern: { regex }, substitution });
  const compiled = compileRegexSubstitution(config, "");
  assert.ok(compiled.ok);
  return compiled.value(text);
}

it("replaces as RE2 does", () => {
  assert.equal(substituted("b+", "B", "abbcb"), "aBcB");
  assert.equal(substituted("^/svc/([^/]+)(/.*)$", "\\2/of/\\1", "/svc/foo/bar"), "/bar/of/foo");
  assert.equal(substituted("b", "a\\\\1$1", "b"), "a\\1$1");
  // Nothing, right behind a match, is no other one; elsewhere it is.
  assert.equal(substituted("[0-9]*", "N", "/z12x"), "N/NzNxN");
  assert.equal(substituted(".*", "[\\0]", "/a"), "[/a]");
  assert.equal(substituted("", "-", "ab"), "-a-b-");
});

it("takes substitutions that cannot be meant", () => {
  assert.equal(substituted("o", "0\\1", "/o"), "/o");
  assert.equal(substituted("a", "4\\x5", "/a/a"), "/4/4");
  assert.equal(substituted("a", "4\\", "/a"), "/4");
});

it("puts a prefix in the place of as many octets as the match has", () => {
  const rewritten = (kind: "prefix" | "path" | "none", value: string, target: string) =>
    prefixRewriter(
      kind === "none" ? undefined : create(RouteMatchSchema, { pathSpecifier: { case: kind, value } }),
      "/€",
    )(target);
  const euro = Buffer.from("/€").toString("latin1");
  assert.equal(rewritten("prefix", "/a", "/a/b?c"), `${euro}/b?c`);
  assert.equal(rewritten("prefix", "/é", "/Ã©x"), `${euro}x`);
  assert.equal(rewritten("path", "/a", "/a;b?c"), `${euro};b?c`);
  assert.equal(rewritten("none", "", "/a;b?c"), `${euro}?c`);
});
