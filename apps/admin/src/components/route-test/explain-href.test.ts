import assert from "node:assert/strict";
import { test } from "node:test";
import { EMPTY_FORM, EXPLAIN_FIELDS, type ExplainForm, explainQuery } from "../explain/explain-query.ts";
import { explainHref } from "./explain-href.ts";

test("a test's request comes back from the address as it was", () => {
  const request = {
    method: "POST",
    url: "https://shop.example:8443/a?b=1&c=%20",
    headers: [
      { name: "x-a", value: "1:2" },
      { name: "x-a", value: "3" },
    ],
    sni: "other.example",
    alpn: ["h2", "http/1.1"],
  };
  const href = explainHref({ ...request, name: "n", expect: { cluster: "web" } }, 3);
  const query = new URLSearchParams(href.split("?")[1]);
  const form = Object.fromEntries(
    EXPLAIN_FIELDS.map((field) => [field, query.get(field) ?? EMPTY_FORM[field]]),
  );
  assert.deepEqual(explainQuery(form as ExplainForm), { ...request, source: 3 });
});
