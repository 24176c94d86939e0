import assert from "node:assert/strict";
import { test } from "node:test";
import { type Claims, claimAt, readRole } from "./read-claims.ts";

const RULES = {
  rolesClaim: "realm.roles",
  roleRules: [
    { value: "ops", role: "publisher" },
    { value: "staff", role: "viewer" },
  ],
  defaultRole: undefined,
};

test("the first rule that fits counts, in whatever order the groups come", () => {
  const role = (roles: unknown, more = {}) => readRole({ realm: { roles } }, "a@b.c", { ...RULES, ...more });
  assert.equal(role(["staff", "ops"]), "publisher");
  assert.equal(role("staff"), "viewer");
  assert.equal(role([1, null, "staff"]), "viewer");
  assert.equal(role(["x"], { defaultRole: "editor" }), "editor");
  assert.throws(() => role(["x"]), { code: "role_refused", email: "a@b.c" });
  assert.throws(() => role(undefined), { code: "claim_missing" });
  assert.equal(role(["ops"], { rolesClaim: undefined }), undefined, "roles are not the provider's affair");
});

test("a claim is found by its very name first, and by own properties only", () => {
  const claims: Claims = { "https://x.example/roles": ["a"], a: { b: "c" }, "a.b": "d" };
  assert.deepEqual(claimAt(claims, "https://x.example/roles"), ["a"]);
  assert.equal(claimAt(claims, "a.b"), "d");
  assert.equal(claimAt(claims, "a.b.c"), undefined);
  assert.equal(claimAt(claims, "constructor"), undefined);
  assert.equal(claimAt(claims, "a.constructor.name"), undefined);
});
