import assert from "node:assert/strict";
import { test } from "node:test";
import { countFacets } from "./count-facets.ts";
import { requestOf } from "./request-fixture.ts";

test("the commonest values come first, and what all rows share is left out", () => {
  const rows = [
    requestOf(),
    requestOf(),
    requestOf({ status: 503, flags: ["UF", "URX"], cluster: "api" }),
    requestOf({ status: 0, method: "POST" }),
  ];
  assert.deepEqual(
    countFacets(rows).map(({ field, value, count }) => `${field}:${value} ${count}`),
    [
      "status:2xx 2",
      "status:5xx 1",
      "method:GET 3",
      "method:POST 1",
      "cluster:web 3",
      "cluster:api 1",
      "flag:UF 1",
      "flag:URX 1",
    ],
  );
});

test("a field shows only so many values", () => {
  const rows = ["a", "b", "c"].map((authority) => requestOf({ authority }));
  assert.equal(countFacets(rows, 2).length, 2);
});
