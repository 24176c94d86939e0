import assert from "node:assert/strict";
import { test } from "node:test";
import { type RequestTargetRules, redirectsPath, rewriteAuthority, rewritePath } from "./request-target.ts";

const KEEP: RequestTargetRules = {
  normalizePath: false,
  mergeSlashes: false,
  escapedSlashes: "keep",
  stripPort: "keep",
  stripTrailingHostDot: false,
};

test("a path is refused for a fragment, an encoded NUL, or an escaped slash where that is refused", () => {
  assert.equal(rewritePath("/a#b", KEEP), undefined);
  assert.equal(rewritePath("/a%2fb", { ...KEEP, escapedSlashes: "reject" }), undefined);
  assert.equal(rewritePath("/a%2fb", KEEP), "/a%2fb");
  assert.equal(rewritePath("/a%00", { ...KEEP, normalizePath: true }), undefined);
});

test("escaped slashes are decoded first, then the path is normalized, then slashes are merged", () => {
  const rules = { ...KEEP, escapedSlashes: "forward", normalizePath: true, mergeSlashes: true } as const;
  assert.equal(rewritePath("/a%2f..%2f/b//c", rules), "/b/c");
  assert.equal(redirectsPath("/a%2fb", rules), false);
  assert.equal(redirectsPath("/a%2fb", { ...rules, escapedSlashes: "redirect" }), true);
  assert.equal(redirectsPath("/a/b", { ...rules, escapedSlashes: "redirect" }), false);
});

test("a host loses the listener's port, or any, and the dot behind it", () => {
  assert.equal(rewriteAuthority("a.test:80", KEEP, "80"), "a.test:80");
  assert.equal(rewriteAuthority("a.test:80", { ...KEEP, stripPort: "matching" }, "80"), "a.test");
  assert.equal(rewriteAuthority("a.test:81", { ...KEEP, stripPort: "matching" }, "80"), "a.test:81");
  assert.equal(
    rewriteAuthority("a.test.:81", { ...KEEP, stripPort: "any", stripTrailingHostDot: true }, "80"),
    "a.test",
  );
});
