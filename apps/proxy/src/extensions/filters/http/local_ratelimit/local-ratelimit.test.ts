import assert from "node:assert/strict";
import { Agent, request } from "node:http";
import { describe, it } from "node:test";
import { ManualTime } from "../../../../event/testing/manual-time.ts";
import {
  type FilterProxy,
  filterProxies,
  refusalOf,
} from "../../../../http-filter/testing/start-filter-proxy.ts";
import { SharedSlots } from "../../../../worker/shared-slots.ts";

const TYPE = "type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit";
const ALWAYS = { default_value: { numerator: 100 } };
const ON = { stat_prefix: "r", filter_enabled: ALWAYS, filter_enforced: ALWAYS };
const filter = (fields: object) => ({ name: "limit", typed_config: { "@type": TYPE, ...ON, ...fields } });
const bucket = (max_tokens: number, fields: object = {}) => ({
  max_tokens,
  fill_interval: "1s",
  ...fields,
});

describe("envoy.filters.http.local_ratelimit", () => {
  const startProxy = filterProxies();
  const start = (fields: object, context: object = {}, route: object = {}): Promise<FilterProxy> =>
    startProxy({ filters: [filter(fields)], context, route });
  const statuses = async (proxy: FilterProxy, times: number, headers = {}): Promise<number[]> => {
    const found: number[] = [];
    for (let i = 0; i < times; i++) found.push((await proxy.send({ headers })).status);
    return found;
  };

  it("refuses what finds no token, and lets in again as the bucket fills", async () => {
    const clock = new ManualTime();
    const proxy = await start(
      {
        token_bucket: bucket(2, { tokens_per_fill: 2, fill_interval: "3s" }),
        enable_x_ratelimit_headers: 1,
        enable_retry_after_header: true,
      },
      { clock },
    );
    assert.deepEqual(await statuses(proxy, 2), [200, 200]);
    const refused = await proxy.send({});
    assert.equal(refused.status, 429);
    assert.equal(refused.body, "local_rate_limited");
    assert.equal(refused.headers["retry-after"], "2");
    assert.equal(refused.headers["x-ratelimit-limit"], "2");
    assert.equal(refused.headers["x-ratelimit-remaining"], "0");
    assert.equal(refused.headers["x-ratelimit-reset"], "2");
    clock.advance(1500);
    assert.deepEqual(await statuses(proxy, 2), [200, 429]);
    assert.equal(proxy.stat("r.http_local_rate_limit.enabled"), 5);
    assert.equal(proxy.stat("r.http_local_rate_limit.ok"), 3);
    assert.equal(proxy.stat("r.http_local_rate_limit.enforced"), 2);
  });

  it("takes from the same bucket in all workers", async () => {
    const memory = SharedSlots.allocate(2);
    const clock = new ManualTime();
    const workers = await Promise.all(
      [0, 1].map((index) =>
        start({ token_bucket: bucket(3) }, { clock, shared: new SharedSlots(memory, index, 2) }),
      ),
    );
    const found: number[] = [];
    for (const worker of [...workers, ...workers]) found.push(...(await statuses(worker, 1)));
    assert.deepEqual(found, [200, 200, 200, 429]);
  });

  it("counts hits by descriptor, and may give them back", async () => {
    const entry = (key: string, value: string) => ({ key, value });
    const proxy = await start(
      {
        token_bucket: bucket(100),
        descriptors: [{ entries: [entry("who", "a")], token_bucket: bucket(4) }],
        rate_limits: [
          {
            actions: [{ request_headers: { header_name: "x-who", descriptor_key: "who" } }],
            hits_addend: { format: "%REQ(x-hits)%" },
          },
          {
            actions: [
              {
                header_value_match: {
                  descriptor_key: "who",
                  descriptor_value: "a",
                  headers: [{ name: "x-back", present_match: true }],
                },
              },
            ],
            hits_addend: { number: 3, is_negative_hits: true },
          },
        ],
      },
      { clock: new ManualTime() },
    );
    assert.deepEqual(await statuses(proxy, 2, { "x-who": "a", "x-hits": "3" }), [200, 429]);
    assert.deepEqual(await statuses(proxy, 1, { "x-back": "1" }), [200]);
    assert.deepEqual(await statuses(proxy, 2, { "x-who": "a", "x-hits": "3" }), [200, 429]);
    assert.deepEqual(await statuses(proxy, 1, { "x-who": "b", "x-hits": "9" }), [200]);
  });

  it("has a bucket for each value over all workers, and forgets the one not asked for longest", async () => {
    const memory = SharedSlots.allocate(2);
    const clock = new ManualTime();
    const fields = {
      descriptors: [{ entries: [{ key: "who" }], token_bucket: bucket(1) }],
      max_dynamic_descriptors: 2,
      rate_limits: [{ actions: [{ request_headers: { header_name: "x-who", descriptor_key: "who" } }] }],
    };
    const [one, two] = await Promise.all(
      [0, 1].map((index) => start(fields, { clock, shared: new SharedSlots(memory, index, 2) })),
    );
    assert.ok(one !== undefined && two !== undefined);
    const found: string[] = [];
    for (const [proxy, who] of [
      [one, "a"],
      [two, "a"],
      [two, "b"],
      [one, "b"],
      [one, "a"],
      [two, "c"],
      [one, "a"],
      [one, "b"],
    ] as const)
      found.push(`${who} ${(await statuses(proxy, 1, { "x-who": who }))[0]}`);
    assert.deepEqual(found, ["a 200", "a 429", "b 200", "b 429", "a 429", "c 200", "a 429", "b 200"]);
  });

  it("gives each connection a bucket of its own", async () => {
    const proxy = await start(
      { token_bucket: bucket(1), local_rate_limit_per_downstream_connection: true },
      { clock: new ManualTime() },
    );
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const kept = (): Promise<number> =>
      new Promise((resolve, reject) => {
        const out = request({ port: proxy.port, host: "127.0.0.1", agent }, (response) => {
          response.resume();
          response.on("end", () => resolve(response.statusCode ?? 0));
        });
        out.on("error", reject);
        out.end();
      });
    assert.deepEqual([await kept(), await kept()], [200, 429]);
    assert.deepEqual(await statuses(proxy, 2), [200, 200]);
    agent.destroy();
  });

  it("names what it cannot do", async () => {
    const refusal = await refusalOf({
      filters: [
        filter({
          token_bucket: bucket(1, { fill_interval: "0.01s" }),
          max_dynamic_descriptors: 501,
          descriptors: [
            { entries: [{ key: "a", value: "b" }], token_bucket: bucket(1) },
            { entries: [{ key: "a", value: "b" }], token_bucket: bucket(1) },
            // Any value: only then are descriptors dynamic.
            { entries: [{ key: "a" }], token_bucket: bucket(1) },
          ],
        }),
      ],
      route: { typed_per_filter_config: { limit: { "@type": TYPE, ...ON } } },
    });
    for (const part of [
      "token_bucket.fill_interval",
      "max_dynamic_descriptors",
      "descriptors[1]: duplicate",
      "token bucket must be set for per filter configs",
    ])
      assert.ok(refusal.includes(part), `${part} in ${refusal}`);
  });
});
