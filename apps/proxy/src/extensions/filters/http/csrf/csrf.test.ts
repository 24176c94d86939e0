import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import {
  type FilterProxy,
  refusalOf,
  startFilterProxy,
} from "../../../../http-filter/testing/start-filter-proxy.ts";

const TYPE = "type.googleapis.com/envoy.extensions.filters.http.csrf.v3.CsrfPolicy";
const FULL = { default_value: { numerator: 100 } };

describe("envoy.filters.http.csrf", () => {
  let proxy: FilterProxy | undefined;
  after(() => proxy?.close());

  it("follows the runtime, and counts in the shadow", async () => {
    proxy = await startFilterProxy({
      filters: [
        {
          name: "csrf",
          typed_config: {
            "@type": TYPE,
            filter_enabled: { ...FULL, runtime_key: "on" },
            shadow_enabled: FULL,
          },
        },
      ],
    });
    const send = async (): Promise<number | undefined> =>
      (await proxy?.send({ method: "POST", headers: { origin: "http://evil.test" } }))?.status;
    assert.equal(await send(), 403);
    proxy.runtime.replace({ on: 0 });
    assert.equal(await send(), 200);
    assert.equal(proxy.stat("http.test.csrf.request_invalid"), 2);
  });

  it("names what it cannot read", async () => {
    const refusal = await refusalOf({
      filters: [
        {
          name: "csrf",
          typed_config: {
            "@type": TYPE,
            filter_enabled: FULL,
            additional_origins: [{ safe_regex: { regex: "(" } }],
          },
        },
      ],
    });
    assert.match(refusal, /additional_origins\[0\]/);
  });
});
