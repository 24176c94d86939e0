import assert from "node:assert/strict";
import { test } from "node:test";
import { automaticName, automaticNames, automaticProblem, isAutomatic } from "./automatic-name.ts";

test("a reference says for which host names a certificate is wanted", () => {
  assert.equal(isAutomatic("automatic:a.example"), true);
  assert.equal(isAutomatic("edge"), false);
  assert.deepEqual(automaticNames("automatic:a.example, b.example"), ["a.example", "b.example"]);
  assert.equal(automaticProblem("automatic:a.example,*.a.example,xn--bcher-kva.example"), undefined);
  assert.equal(automaticName([" Shop.Example. ", "*.shop.example"]), "automatic:shop.example,*.shop.example");
});

test("names that no authority would certify are told at the field", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["automatic:", /'' is no host name/],
    ["automatic:*.*.example", /is no host name/],
    ["automatic:a.*.example", /is no host name/],
    ["automatic:*.example", /is no host name/],
    ["automatic:A.example", /in lower case/],
    ["automatic:localhost", /is no host name/],
    ["automatic:10.0.0.1", /is no host name/],
    ["automatic:a.example:443", /is no host name/],
    ["automatic:a.example,a.example", /each name once/],
    [`automatic:${Array.from({ length: 101 }, (_, n) => `h${n}.example`).join()}`, /100 names; this has 101/],
  ];
  for (const [name, problem] of cases) assert.match(automaticProblem(name) ?? "", problem);
});
