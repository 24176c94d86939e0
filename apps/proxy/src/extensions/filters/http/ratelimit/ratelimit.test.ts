import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  RateLimitResponse_Code as Code,
  RateLimitResponseSchema,
} from "@sluice/xds/gen/envoy/service/ratelimit/v3/rls_pb.js";
import { grpcAnswers } from "../../../../http-filter/testing/grpc-answers.ts";
import { filterProxies, refusalOf } from "../../../../http-filter/testing/start-filter-proxy.ts";

const TYPE = "type.googleapis.com/envoy.extensions.filters.http.ratelimit.v3";
const SERVICE = "/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit";
const service = (cluster_name: string, more: object = {}) => ({
  transport_api_version: "V3",
  grpc_service: { envoy_grpc: { cluster_name }, ...more },
});
const filter = (fields: object) => ({
  name: "limit",
  typed_config: {
    "@type": `${TYPE}.RateLimit`,
    domain: "shop",
    timeout: "2s",
    rate_limit_service: service("up"),
    rate_limits: [{ actions: [{ generic_key: { descriptor_value: "all" } }] }],
    ...fields,
  },
});

/** The upstream is the service, too. */
const answering = grpcAnswers(SERVICE, RateLimitResponseSchema);

describe("envoy.filters.http.ratelimit", () => {
  const startProxy = filterProxies();

  it("holds a request, its body too, until the service lets it go on", async () => {
    const proxy = await startProxy({
      filters: [filter({})],
      answer: answering({
        overallCode: Code.OK,
        requestHeadersToAdd: [{ key: "X-Seen", value: "yes" }],
        responseHeadersToAdd: [{ key: "x-quota", value: "1" }],
      }),
    });
    const response = await proxy.send({ body: "abc" });
    assert.equal(response.status, 200);
    assert.equal(response.headers["x-quota"], "1");
    const [asked, forwarded] = proxy.seen;
    assert.equal(asked?.url, SERVICE);
    assert.equal(forwarded?.body, "abc");
    assert.equal(forwarded?.headers["x-seen"], "yes");
    assert.equal(proxy.stat("cluster.up.ratelimit.ok"), 1);
  });

  it("refuses what is over the limit", async () => {
    const proxy = await startProxy({
      filters: [filter({ stat_prefix: "mine" })],
      answer: answering({ overallCode: Code.OVER_LIMIT, rawBody: Buffer.from("later") }),
    });
    const response = await proxy.send({});
    assert.equal(response.status, 429);
    assert.equal(response.body, "later");
    assert.equal(response.headers["x-envoy-ratelimited"], "true");
    assert.equal(proxy.seen.length, 1);
    assert.equal(proxy.stat("cluster.up.ratelimit.mine.over_limit"), 1);
  });

  it("lets requests pass whose service fails, or refuses them where it is told to", async () => {
    for (const [fields, status] of [
      [{}, 200],
      [{ failure_mode_deny: true }, 500],
      [
        { failure_mode_deny: true, rate_limit_service: service("nowhere"), status_on_error: { code: 503 } },
        503,
      ],
    ] as const) {
      const proxy = await startProxy({ filters: [filter(fields)], answer: answering(13) });
      assert.equal((await proxy.send({})).status, status);
      assert.equal(proxy.stat("cluster.up.ratelimit.error"), 1);
    }
  });

  it("asks again as the service's retry policy says", async () => {
    const retry_policy = {
      num_retries: 2,
      retry_on: "internal",
      retry_back_off: { base_interval: "0.001s" },
    };
    const proxy = await startProxy({
      filters: [filter({ rate_limit_service: service("up", { retry_policy }) })],
      answer: answering(13),
    });
    assert.equal((await proxy.send({})).status, 200);
    assert.equal(proxy.seen.filter(({ url }) => url === SERVICE).length, 3);
    assert.equal(proxy.stat("cluster.up.ratelimit.error"), 1);
  });

  it("is refused with a service that it cannot ask", async () => {
    const google = {
      transport_api_version: "V3",
      grpc_service: { google_grpc: { target_uri: "a", stat_prefix: "b" } },
    };
    assert.match(
      await refusalOf({ filters: [filter({ rate_limit_service: google })] }),
      /rate_limit_service\.grpc_service\.google_grpc: google_grpc is not implemented/,
    );
    const old = { transport_api_version: "V2", grpc_service: { envoy_grpc: { cluster_name: "up" } } };
    assert.match(
      await refusalOf({ filters: [filter({ rate_limit_service: old })] }),
      /rate_limit_service\.transport_api_version: must be V3/,
    );
  });
});
