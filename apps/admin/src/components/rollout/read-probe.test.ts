import assert from "node:assert/strict";
import { test } from "node:test";
import { EMPTY_PROBE, formOfProbe, readProbe } from "./read-probe.ts";

const FORM = {
  ...EMPTY_PROBE,
  listener: "main:http",
  url: "https://shop.example/health",
  headers: "x-probe: yes\n\naccept: a:b",
  statuses: "200, 204",
  timeoutSeconds: "2.5",
  addresses: "edge=10.0.0.1:80",
};

test("a synthetic request is read from the form, and written back into it", () => {
  const { probe, problems } = readProbe(FORM);
  assert.deepEqual(problems, {});
  assert.deepEqual(probe, {
    listener: "main:http",
    method: "GET",
    url: "https://shop.example/health",
    headers: [
      { name: "x-probe", value: "yes" },
      { name: "accept", value: "a:b" },
    ],
    statuses: [200, 204],
    bodyContains: "",
    timeoutMs: 2_500,
    attempts: 3,
    addresses: { edge: "10.0.0.1:80" },
  });
  assert.deepEqual(readProbe(formOfProbe(probe)), { probe, problems });
});

test("what is wrong with a synthetic request is told at its field", () => {
  assert.deepEqual(readProbe(EMPTY_PROBE).problems, { listener: true, url: true });
  const wrong = { headers: "none", statuses: "99", timeoutSeconds: "11", attempts: "0", addresses: "edge" };
  assert.deepEqual(Object.keys(readProbe({ ...FORM, ...wrong }).problems).toSorted(), [
    "addresses",
    "attempts",
    "headers",
    "statuses",
    "timeoutSeconds",
  ]);
});
