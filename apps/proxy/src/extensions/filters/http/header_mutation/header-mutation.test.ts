import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import {
  type FilterProxy,
  filterProxies,
  refusalOf,
} from "../../../../http-filter/testing/start-filter-proxy.ts";

const PACKAGE = "type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3";
const NAME = "mutate";

function filter(config: object): object {
  return { name: NAME, typed_config: { "@type": `${PACKAGE}.HeaderMutation`, ...config } };
}
function perRoute(mutations: object): object {
  return {
    typed_per_filter_config: { [NAME]: { "@type": `${PACKAGE}.HeaderMutationPerRoute`, mutations } },
  };
}
function append(key: string, value: string, appendAction = "APPEND_IF_EXISTS_OR_ADD", more = {}): object {
  return { append: { header: { key, value }, append_action: appendAction, ...more } };
}

describe("envoy.filters.http.header_mutation", () => {
  const start = filterProxies();
  let proxy: FilterProxy;

  before(async () => {
    proxy = await start({
      filters: [
        filter({
          mutations: {
            request_mutations: [
              { remove: "X-Gone" },
              append("x-new", "path=%REQ(:path)%"),
              append("x-list", "2"),
              append("x-absent", "no", "ADD_IF_ABSENT"),
              append("x-fresh", "yes", "ADD_IF_ABSENT"),
              append("x-over", "yes", "OVERWRITE_IF_EXISTS"),
              append("x-none", "no", "OVERWRITE_IF_EXISTS"),
              append("x-set", "yes", "OVERWRITE_IF_EXISTS_OR_ADD"),
              append("x-empty", "%REQ(x-nothing)%"),
              append("x-kept", "", "APPEND_IF_EXISTS_OR_ADD", { keep_empty_value: true }),
              { remove_on_match: { key_matcher: { prefix: "x-secret-" } } },
            ],
            response_mutations: [{ remove: "x-upstream" }, append("x-answer", "%REQ(x-new)% %RESP(x-kind)%")],
          },
        }),
      ],
      answer(_message, response) {
        response.setHeader("x-upstream", "1");
        response.setHeader("x-kind", "whole");
        response.end("ok");
      },
    });
  });

  it("edits requests in the order given, by every action", async () => {
    const headers = { "x-gone": "1", "x-list": "1", "x-absent": "1", "x-over": "1" };
    await proxy.send({ path: "/p", headers: { ...headers, "x-secret-a": "1", "X-Secret-B": "2" } });
    const seen = proxy.seen.at(-1)?.headers ?? {};
    const own = Object.entries(seen).filter(([name]) => /^x-(?!forwarded|request|envoy)/.test(name));
    assert.deepEqual(Object.fromEntries(own), {
      "x-list": "1, 2",
      "x-absent": "1",
      "x-over": "yes",
      "x-new": "path=/p",
      "x-fresh": "yes",
      "x-set": "yes",
      "x-kept": "",
    });
  });

  it("edits responses, whose values may come from either message", async () => {
    const { headers, body } = await proxy.send({ path: "/q" });
    assert.equal(headers["x-answer"], "path=/q whole");
    assert.equal(headers["x-upstream"], undefined);
    assert.equal(body, "ok");
  });

  it("edits local answers too", async () => {
    const direct = await start({
      filters: [filter({ mutations: { response_mutations: [append("x-a", "%RESP(content-type)%")] } })],
      route: { route: undefined, direct_response: { status: 200, body: { inline_string: "hi" } } },
    });
    const { headers, body } = await direct.send({});
    assert.equal(headers["x-a"], "text/plain");
    assert.equal(body, "hi");
  });

  for (const [wins, last] of [
    [false, "table"],
    [true, "route"],
  ] as const) {
    it(`applies every level after its own, ${last} last, with most_specific_header_mutations_wins ${wins}`, async () => {
      const level = (name: string): object =>
        perRoute({
          response_mutations: [append("x-l", name), append("x-o", name, "OVERWRITE_IF_EXISTS_OR_ADD")],
        });
      const levels = await start({
        filters: [
          filter({
            most_specific_header_mutations_wins: wins,
            mutations: { response_mutations: [append("x-l", "own"), append("x-o", "own")] },
          }),
        ],
        route: level("route"),
        virtualHost: level("host"),
        routeConfig: level("table"),
      });
      const { headers } = await levels.send({});
      assert.equal(headers["x-o"], last);
      const order = ["table", "host", "route"];
      assert.equal(headers["x-l"], ["own", ...(wins ? order : order.reverse())].join(", "));
    });
  }

  it("refuses what it does not do, by name and place", async () => {
    const refused = await refusalOf({
      filters: [
        filter({
          mutations: {
            formatters: [{ name: "f", typed_config: { "@type": `${PACKAGE}.HeaderMutation` } }],
          },
        }),
      ],
    });
    assert.match(refused, /mutations\.formatters\[0\]: formatter .*HeaderMutation is not implemented/);
    const bad = await refusalOf({
      filters: [filter({ mutations: { request_mutations: [append("x", "1"), append("y", "%NONSENSE%")] } })],
    });
    const pseudo = await refusalOf({
      filters: [
        filter({ mutations: { response_mutations: [{ remove: "Host" }, append(":status", "201")] } }),
      ],
    });
    assert.doesNotMatch(pseudo, /response_mutations\[0\]/);
    assert.match(pseudo, /response_mutations\[1\]\.append\.header\.key: .*may not be modified/);
    assert.match(bad, /typed_config\.mutations\.request_mutations\[1\]\.append\.header\.value/);
  });
});
