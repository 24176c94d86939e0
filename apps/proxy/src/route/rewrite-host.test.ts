import assert from "node:assert/strict";
import { test } from "node:test";
import { Headers } from "../http/header-map.ts";
import { replaceAuthority } from "./rewrite-host.ts";

function rewritten(forwarded: string | undefined): string | undefined {
  const headers = new Headers([":authority", "old.test"]);
  if (forwarded !== undefined) headers.append("x-forwarded-host", forwarded);
  replaceAuthority(headers, "new.test", true, true);
  assert.equal(headers.get(":authority"), "new.test");
  assert.equal(headers.get("x-envoy-original-host"), "old.test");
  return headers.getAll("x-forwarded-host");
}

test("the old host joins x-forwarded-host, unless it is the last there already", () => {
  assert.equal(rewritten(undefined), "old.test");
  assert.equal(rewritten("a.test"), "a.test,old.test");
  assert.equal(rewritten("a.test,old.test"), "a.test,old.test");
  assert.equal(rewritten("old.test,a.test"), "old.test,a.test,old.test");
});
