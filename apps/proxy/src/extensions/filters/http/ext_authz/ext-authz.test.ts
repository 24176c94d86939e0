import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HeaderValueOption_HeaderAppendAction as Action } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import { CheckResponseSchema } from "@sluice/xds/gen/envoy/service/auth/v3/external_auth_pb.js";
import { grpcAnswers } from "../../../../http-filter/testing/grpc-answers.ts";
import { filterProxies, refusalOf } from "../../../../http-filter/testing/start-filter-proxy.ts";

const TYPE = "type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3";
const CHECK = "/envoy.service.auth.v3.Authorization/Check";
const grpc = (cluster_name = "up") => ({ envoy_grpc: { cluster_name }, timeout: "2s" });
const filter = (fields: object) => ({
  name: "authz",
  typed_config: { "@type": `${TYPE}.ExtAuthz`, ...fields },
});
const perRoute = (fields: object) => ({
  typed_per_filter_config: { authz: { "@type": `${TYPE}.ExtAuthzPerRoute`, ...fields } },
});

/** The upstream is the service, too. */
const answering = grpcAnswers(CHECK, CheckResponseSchema);

describe("envoy.filters.http.ext_authz", () => {
  const startProxy = filterProxies();

  it("holds a request until its service lets it go on, and changes it as the service says", async () => {
    const proxy = await startProxy({
      filters: [filter({ grpc_service: grpc() })],
      answer: answering({
        httpResponse: {
          case: "okResponse",
          value: {
            headers: [{ header: { key: "X-User", value: "me" } }],
            headersToRemove: ["authorization"],
            responseHeadersToAdd: [
              { header: { key: "x-seen", value: "yes" }, appendAction: Action.ADD_IF_ABSENT },
            ],
            queryParametersToSet: [{ key: "b", value: "2" }],
          },
        },
      }),
    });
    const response = await proxy.send({
      path: "/a?b=1&a=0",
      body: "abc",
      headers: { authorization: "secret" },
    });
    assert.equal(response.status, 200);
    assert.equal(response.headers["x-seen"], "yes");
    const [asked, forwarded] = proxy.seen;
    assert.equal(asked?.url, CHECK);
    assert.equal(forwarded?.url, "/a?a=0&b=2");
    assert.equal(forwarded?.body, "abc");
    assert.equal(forwarded?.headers["x-user"], "me");
    assert.equal(forwarded?.headers.authorization, undefined);
    assert.equal(proxy.stat("http.test.ext_authz.ok"), 1);
    assert.equal(proxy.stat("cluster.up.ext_authz.ok"), 1);
  });

  it("answers as its service refuses", async () => {
    const proxy = await startProxy({
      filters: [filter({ grpc_service: grpc(), stat_prefix: "mine", max_denied_response_body_bytes: 2 })],
      answer: answering({
        status: { code: 7 },
        httpResponse: {
          case: "deniedResponse",
          value: { status: { code: 401 }, body: "no!", headers: [{ header: { key: "x-why", value: "b" } }] },
        },
      }),
    });
    const response = await proxy.send({});
    assert.equal(response.status, 401);
    assert.equal(response.body, "no");
    assert.equal(response.headers["x-why"], "b");
    assert.equal(proxy.seen.length, 1);
    assert.equal(proxy.stat("http.test.ext_authz.mine.denied"), 1);
    assert.equal(proxy.stat("cluster.up.ext_authz.mine.denied"), 1);
  });

  it("refuses requests whose service fails, or lets them go on where it is told to", async () => {
    for (const [fields, status] of [
      [{}, 403],
      [{ status_on_error: { code: 503 } }, 503],
      [{ failure_mode_allow: true }, 200],
      [{ grpc_service: grpc("nowhere"), failure_mode_allow: true, failure_mode_allow_header_add: true }, 200],
    ] as const) {
      const proxy = await startProxy({
        filters: [filter({ grpc_service: grpc(), ...fields })],
        answer: answering(14),
      });
      assert.equal((await proxy.send({})).status, status);
      assert.equal(proxy.stat("http.test.ext_authz.error"), 1);
      const added = proxy.seen.at(-1)?.headers["x-envoy-auth-failure-mode-allowed"];
      assert.equal(added, "failure_mode_allow_header_add" in fields ? "true" : undefined);
    }
  });

  it("waits for the body, and asks about no body that is too long", async () => {
    const proxy = await startProxy({
      filters: [filter({ grpc_service: grpc(), with_request_body: { max_request_bytes: 4 } })],
      answer: answering({}),
    });
    assert.equal((await proxy.send({ body: "abcd" })).status, 200);
    assert.match(proxy.seen[0]?.body ?? "", /abcd/);
    assert.equal(proxy.seen[1]?.body, "abcd");
    assert.equal((await proxy.send({ body: "abcde" })).status, 413);
    assert.equal(proxy.seen.length, 2);
  });

  it("asks a service that speaks HTTP", async () => {
    const proxy = await startProxy({
      filters: [
        filter({
          http_service: {
            server_uri: { uri: "http://a", cluster: "up", timeout: "2s" },
            path_prefix: "/check",
            authorization_response: {
              allowed_upstream_headers: { patterns: [{ exact: "x-user" }] },
              allowed_client_headers: { patterns: [{ exact: "x-why" }] },
            },
          },
          allowed_headers: { patterns: [{ exact: "x-seen" }] },
        }),
      ],
      answer: (message, answer) => {
        if (message.url === "/check/ok") answer.setHeader("x-user", "me");
        if (message.url === "/check/no") answer.writeHead(401, { "x-why": "b", "x-own": "c" });
        answer.end("body");
      },
    });
    assert.equal(
      (await proxy.send({ path: "/ok", headers: { "x-seen": "1", "x-hidden": "1" } })).status,
      200,
    );
    const [asked, forwarded] = proxy.seen;
    assert.equal(asked?.headers["x-seen"], "1");
    assert.equal(asked?.headers["x-hidden"], undefined);
    assert.equal(forwarded?.headers["x-user"], "me");
    const refused = await proxy.send({ path: "/no" });
    assert.equal(refused.status, 401);
    assert.equal(refused.body, "body");
    assert.equal(refused.headers["x-why"], "b");
    assert.equal(refused.headers["x-own"], undefined);
  });

  it("gives up an HTTP service's slow tries", async () => {
    let calls = 0;
    const proxy = await startProxy({
      filters: [
        filter({
          http_service: {
            server_uri: { uri: "http://a", cluster: "up", timeout: "3s" },
            path_override: "/check",
            retry_policy: {
              retry_on: "gateway-error",
              num_retries: 1,
              retry_back_off: { base_interval: "0.001s", max_interval: "0.05s" },
            },
          },
        }),
      ],
      answer: (message, answer) => {
        if (message.url !== "/check") answer.end("ok");
        else if (++calls > 1) answer.end();
      },
    });
    assert.equal((await proxy.send({})).status, 200);
    assert.equal(calls, 2);
  });

  it("asks another service, or none, where a route says so", async () => {
    const off = await startProxy({
      filters: [filter({ grpc_service: grpc() })],
      route: perRoute({ disabled: true }),
      answer: answering({ status: { code: 7 } }),
    });
    assert.equal((await off.send({})).status, 200);
    const other = await startProxy({
      filters: [filter({ grpc_service: grpc("nowhere") })],
      route: perRoute({ check_settings: { grpc_service: grpc() } }),
      answer: answering({}),
    });
    assert.equal((await other.send({})).status, 200);
    assert.equal(other.stat("http.test.ext_authz.ok"), 1);
  });

  it("is refused with what it cannot do", async () => {
    const refusals: [object, RegExp][] = [
      [
        { grpc_service: { google_grpc: { target_uri: "a", stat_prefix: "b" } } },
        /grpc_service\.google_grpc: google_grpc is not implemented/,
      ],
      [{ grpc_service: grpc(), transport_api_version: "V2" }, /transport_api_version: must be V3/],
      [
        { grpc_service: grpc(), typed_metadata_context_namespaces: ["a"] },
        /typed_metadata_context_namespaces is not implemented/,
      ],
      [
        {
          http_service: {
            server_uri: { uri: "http://a", cluster: "up", timeout: "1s" },
            retry_policy: { retry_priority: { name: "a" } },
          },
        },
        /retry_priority is not implemented/,
      ],
      [{ grpc_service: grpc(), emit_client_span: true }, /emit_client_span is not implemented/],
      [
        {
          http_service: {
            server_uri: { uri: "http://a", cluster: "up", timeout: "1s" },
            path_prefix: "/a",
            path_override: "b",
          },
        },
        /Only one of path_prefix or path_override may be set.*\n.*path_override should start with "\/"/,
      ],
    ];
    for (const [fields, refusal] of refusals)
      assert.match(await refusalOf({ filters: [filter(fields)] }), refusal);
    const both = { disable_request_body_buffering: true, with_request_body: { max_request_bytes: 1 } };
    assert.match(
      await refusalOf({
        filters: [filter({ grpc_service: grpc() })],
        route: perRoute({ check_settings: both }),
      }),
      /Only one of disable_request_body_buffering or with_request_body/,
    );
  });
});
