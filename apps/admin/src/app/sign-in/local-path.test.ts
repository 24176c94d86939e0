import assert from "node:assert/strict";
import { test } from "node:test";
import { localPath } from "./local-path.ts";

test("after signing in one lands on our own pages only", () => {
  assert.equal(localPath("/routes/shop?at=x"), "/routes/shop?at=x");
  for (const evil of ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", ""])
    assert.equal(localPath(evil), "/", evil);
});
