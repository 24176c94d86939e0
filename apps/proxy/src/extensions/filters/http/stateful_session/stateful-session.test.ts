import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ManualTime } from "../../../../event/testing/manual-time.ts";
import { filterProxies, refusalOf } from "../../../../http-filter/testing/start-filter-proxy.ts";

const PACKAGE = "type.googleapis.com/envoy.extensions";
const FILTER = `${PACKAGE}.filters.http.stateful_session.v3.StatefulSession`;
const cookie = (fields: object) => ({
  name: "c",
  typed_config: {
    "@type": `${PACKAGE}.http.stateful_session.cookie.v3.CookieBasedSessionState`,
    cookie: fields,
  },
});
const filter = (fields: object) => ({ name: "session", typed_config: { "@type": FILTER, ...fields } });

describe("envoy.filters.http.stateful_session", () => {
  const startProxy = filterProxies();

  it("begins a session anew when its time is over", async () => {
    const clock = new ManualTime();
    const proxy = await startProxy({
      filters: [filter({ stat_prefix: "s", session_state: cookie({ name: "kept", ttl: "60s" }) })],
      context: { clock },
    });
    const send = async (value?: string): Promise<string | undefined> => {
      const { headers } = await proxy.send({ headers: value === undefined ? {} : { cookie: value } });
      return headers["set-cookie"]?.[0];
    };
    const made = await send();
    assert.match(made ?? "", /^kept="[^"]+"; Max-Age=60; HttpOnly$/);
    const value = made?.slice(0, made.indexOf(";"));
    assert.equal(await send(value), undefined);
    assert.equal(proxy.stat("http.test.stateful_session.s.routed"), 1);
    clock.advance(61_500);
    const renewed = await send(value);
    assert.notEqual(renewed, undefined);
    assert.notEqual(renewed, made);
  });

  it("names what it cannot do, by route too", async () => {
    const bad = { session_state: cookie({ ttl: "1s" }) };
    const refusal = await refusalOf({
      filters: [filter(bad)],
      route: {
        typed_per_filter_config: { session: { "@type": `${FILTER}PerRoute`, stateful_session: bad } },
      },
    });
    assert.match(refusal, /http_filters\[0\]\.typed_config\.session_state\.typed_config\.cookie/);
    assert.match(refusal, /\["session"\]\.stateful_session\.session_state\.typed_config\.cookie/);
  });
});
