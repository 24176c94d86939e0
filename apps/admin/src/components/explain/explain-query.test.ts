import assert from "node:assert/strict";
import { test } from "node:test";
import { EMPTY_FORM, explainQuery } from "./explain-query.ts";

test("a URL is enough; what is left empty is left to the server", () => {
  assert.deepEqual(explainQuery({ ...EMPTY_FORM, url: " http://shop.example/ " }), {
    source: "draft",
    method: "GET",
    url: "http://shop.example/",
    headers: [],
  });
});

test("headers stand one a line, a value may hold colons, and a version is a number", () => {
  const form = {
    ...EMPTY_FORM,
    source: "7",
    url: "http://a/",
    headers: "x-a: 1:2\n\nx-b:3",
    listener: "10000",
    ip: "10.0.0.1",
    sni: "a",
    alpn: "h2, http/1.1",
  };
  assert.deepEqual(explainQuery(form), {
    source: 7,
    method: "GET",
    url: "http://a/",
    headers: [
      { name: "x-a", value: "1:2" },
      { name: "x-b", value: "3" },
    ],
    listener: "10000",
    clientIp: "10.0.0.1",
    sni: "a",
    alpn: ["h2", "http/1.1"],
  });
});

test("the field that is wrong is named", () => {
  assert.equal(explainQuery(EMPTY_FORM), "url");
  assert.equal(explainQuery({ ...EMPTY_FORM, url: "http://a/", headers: "nonsense" }), "headers");
});
