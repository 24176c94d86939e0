import assert from "node:assert/strict";
import { registerHooks } from "node:module";
import { test } from "node:test";

test("the library is loaded with the first expression, not before", async () => {
  const loaded: string[] = [];
  registerHooks({
    load(url, context, next) {
      if (url.includes("/@bufbuild/cel/")) loaded.push(url);
      return next(url, context);
    },
  });
  const { compileSubstitutionFormat } = await import("../formatter/compile-substitution-format.ts");
  await import("../rbac/rbac-engine.ts");
  await import("./cel-matching.ts");
  assert.ok(compileSubstitutionFormat("%PROTOCOL%", "format").ok);
  assert.deepEqual(loaded, []);
  assert.ok(compileSubstitutionFormat("%CEL(request.path)%", "format").ok);
  assert.notDeepEqual(loaded, []);
});
