import assert from "node:assert/strict";
import { test } from "node:test";
import { listAt, textAt, valueAt } from "./field-value.ts";
import { readYaml } from "./read-yaml.ts";

test("fields are found in either spelling, and a single value stands for a list of one", () => {
  const { value } = readYaml("virtualHosts:\n  name: a\n  domains: x.example\n");
  assert.equal(textAt(value, "virtual_hosts[0].name"), "a");
  assert.deepEqual(listAt(value, "virtual_hosts[0].domains"), ["x.example"]);
});

test("what is not there is empty, not an error", () => {
  const { value } = readYaml("a: 1\n");
  assert.equal(valueAt(value, "b.c[3].d"), undefined);
  assert.equal(textAt(value, "b"), "");
  assert.deepEqual(listAt(value, "b"), []);
});

test("a text that is no YAML says why", () => {
  assert.ok(readYaml("a: [").error);
});
