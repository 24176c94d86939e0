import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { refusalOf } from "../../../../http-filter/testing/start-filter-proxy.ts";

const TYPE = "type.googleapis.com/envoy.extensions.filters.http.header_to_metadata.v3.Config";

describe("envoy.filters.http.header_to_metadata", () => {
  it("refuses rules that say too little or too much", async () => {
    const refuse = (rule: object): Promise<string> =>
      refusalOf({ filters: [{ name: "h", typed_config: { "@type": TYPE, request_rules: [rule] } }] });
    const key = { key: "k" };
    assert.match(await refuse({ header: "a" }), /request_rules\[0\]: one of on_header_present/);
    assert.match(await refuse({ on_header_present: key }), /one of header and cookie is required/);
    assert.match(
      await refuse({ header: "a", cookie: "b", on_header_present: key }),
      /only one of header and cookie/,
    );
    assert.match(await refuse({ header: "a", on_header_missing: key }), /a value is required/);
    assert.match(
      await refuse({ cookie: "a", remove: true, on_header_present: key }),
      /cookie cannot be removed/,
    );
  });
});
