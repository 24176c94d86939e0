import assert from "node:assert/strict";
import { test } from "node:test";
import { spanTitle } from "./span-title.ts";

test("a span that nobody named is called by method and path, without the query", () => {
  const envoy = { "http.method": "GET", "http.url": "https://shop.example:8443/items/7?page=2#top" };
  assert.equal(spanTitle({ name: "ingress", attributes: envoy }), "GET /items/7");
  const otel = { "http.request.method": "POST", "url.path": "/cart" };
  assert.equal(spanTitle({ name: "egress", attributes: otel }), "POST /cart");
});

test("a name that somebody gave stays, and so does the usual one where no tag says more", () => {
  const attributes = { "http.method": "GET", "http.url": "http://shop.example/" };
  assert.equal(spanTitle({ name: "checkout", attributes }), "checkout");
  assert.equal(spanTitle({ name: "ingress", attributes: {} }), "ingress");
  assert.equal(spanTitle({ name: "ingress", attributes: { "http.url": "nonsense" } }), "ingress");
});
