import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { JsonObject } from "@bufbuild/protobuf";
import type { HeaderView, MatchContext } from "./contract.ts";
import { compileRouteTable, type RouteTable } from "./route-table.ts";
import { configOf, headersOf, request, tableOf } from "./testing/tables.ts";

function routes(...list: JsonObject[]): RouteTable<string> {
  return tableOf({ virtualHosts: [{ name: "v", domains: ["*"], routes: named(list) }] });
}

/** Routes named r0, r1, … in order, with an action. */
function named(list: JsonObject[]): JsonObject[] {
  return list.map((match, i) => ({ name: `r${i}`, match, directResponse: { status: 200 } }));
}

function chosen(
  table: RouteTable<string>,
  headers: HeaderView,
  random = 0,
  context?: MatchContext,
): string | undefined {
  return table.match(headers, random, context)?.payload;
}

describe("the virtual host", () => {
  const hosts = (...domains: string[][]) => ({
    virtualHosts: domains.map((list, i) => ({
      name: `v${i}`,
      domains: list,
      routes: [{ name: `v${i}`, match: { prefix: "/" }, directResponse: { status: 200 } }],
    })),
  });
  const at = (table: RouteTable<string>, host: string) =>
    chosen(table, headersOf([":method", "GET"], [":path", "/"], [":authority", host]));

  it("is chosen by exact domain, then longest suffix, longest prefix and the wildcard", () => {
    const table = tableOf(
      hosts(["*"], ["www.*"], ["www.foo.*"], ["*.com"], ["*-bar.foo.com", "*.foo.com"], ["www.foo.com"]),
    );
    assert.equal(at(table, "www.foo.com"), "v5");
    assert.equal(at(table, "WWW.Foo.COM"), "v5");
    assert.equal(at(table, "x-bar.foo.com"), "v4");
    assert.equal(at(table, "a.foo.com"), "v4");
    assert.equal(at(table, "a.com"), "v3");
    assert.equal(at(table, "www.foo.org"), "v2");
    assert.equal(at(table, "www.org"), "v1");
    assert.equal(at(table, "org"), "v0");
    assert.equal(at(table, ".foo.com"), "v3");
  });

  it("compares the port unless it is ignored", () => {
    const domains = hosts(["foo.com"], ["[::1]"], ["bar.com:81"]);
    assert.equal(at(tableOf(domains), "foo.com:80"), undefined);
    assert.equal(at(tableOf(domains), "bar.com:81"), "v2");
    const ignoring = tableOf({ ...domains, ignorePortInHostMatching: true });
    assert.equal(at(ignoring, "foo.com:80"), "v0");
    assert.equal(at(ignoring, "[::1]"), "v1");
    assert.equal(at(ignoring, "[::1]:99"), "v1");
  });

  it("is looked up by vhost_header where one is set", () => {
    const table = tableOf({ ...hosts(["a"], ["*"]), vhostHeader: "X-Tenant" });
    assert.equal(chosen(table, request("/", ["x-tenant", "a"])), "v0");
    assert.equal(chosen(table, request("/")), undefined);
  });

  it("may have each domain once", () => {
    const compiled = compileRouteTable(configOf(hosts(["*"], ["a.com", "A.com"], ["*"])), {
      payload: () => ({ ok: true, value: 0 }),
    });
    assert.deepEqual(!compiled.ok && compiled.problems.map(({ path, message }) => [path, message]), [
      [
        "virtual_hosts[1].domains[1]",
        "Only unique values for domains are permitted. Duplicate entry of domain a.com in route r",
      ],
      ["virtual_hosts[2].domains[0]", "Only a single wildcard domain is permitted in route r"],
    ]);
  });
});

describe("the path", () => {
  it("is matched in the order of the routes, not by how specific they are", () => {
    const table = routes(
      { prefix: "/a" },
      { path: "/a/b" },
      { safeRegex: { regex: "/c.*" } },
      { prefix: "/" },
    );
    assert.equal(chosen(table, request("/a/b")), "r0");
    assert.equal(chosen(table, request("/cc")), "r2");
    assert.equal(chosen(table, request("/d")), "r3");
  });

  it("is compared without query and fragment", () => {
    const table = routes({ path: "/a" }, { safeRegex: { regex: "/b" } }, { pathSeparatedPrefix: "/c" });
    assert.equal(chosen(table, request("/a?x=/b")), "r0");
    assert.equal(chosen(table, request("/b#c")), "r1");
    assert.equal(chosen(table, request("/c?d")), "r2");
  });

  it("of a separated prefix ends at a segment", () => {
    const table = routes({ pathSeparatedPrefix: "/api/dev" });
    for (const path of ["/api/dev", "/api/dev/", "/api/dev/v1", "/api/dev?x"])
      assert.equal(chosen(table, request(path)), "r0", path);
    for (const path of ["/api", "/api/developer", "/api/dev-"])
      assert.equal(chosen(table, request(path)), undefined, path);
  });

  it("may ignore the case, though not that of regular expressions", () => {
    const table = routes(
      { prefix: "/Aa", caseSensitive: false },
      { path: "/Bb", caseSensitive: false },
      { path: "/Cc" },
      { safeRegex: { regex: "/Dd" }, caseSensitive: false },
      { pathSeparatedPrefix: "/Ee", caseSensitive: false },
    );
    assert.equal(chosen(table, request("/aAx")), "r0");
    assert.equal(chosen(table, request("/bB")), "r1");
    assert.equal(chosen(table, request("/cc")), undefined);
    assert.equal(chosen(table, request("/dd")), undefined);
    assert.equal(chosen(table, request("/eE/x")), "r4");
  });

  it("must match a regular expression as a whole", () => {
    const table = routes({ safeRegex: { regex: "/v[0-9]+|/w" } });
    assert.equal(chosen(table, request("/v12")), "r0");
    assert.equal(chosen(table, request("/w")), "r0");
    assert.equal(chosen(table, request("/v12/x")), undefined);
  });

  it("is compared as UTF-8 octets", () => {
    const octets = (text: string) => Buffer.from(text).toString("latin1");
    const table = routes(
      { prefix: "/é" },
      { safeRegex: { regex: "/ü..x" } },
      { safeRegex: { regex: "/z." } },
    );
    assert.equal(chosen(table, request(octets("/éa"))), "r0");
    assert.equal(chosen(table, request(octets("/üöx"))), "r1");
    assert.equal(chosen(table, request("/\xfc\xf6x")), undefined);
    assert.equal(chosen(table, request("/z\xff")), "r2");
    assert.equal(chosen(table, request(octets("/zé"))), undefined);
  });

  it("may leave out its parameters", () => {
    const table = tableOf({
      ignorePathParametersInPathMatching: true,
      virtualHosts: [{ name: "v", domains: ["*"], routes: named([{ path: "/a" }]) }],
    });
    assert.equal(chosen(table, request("/a;v=1")), "r0");
  });

  it("does not count for connect_matcher, which takes CONNECT alone", () => {
    const table = routes({ connectMatcher: {} }, { prefix: "/" });
    assert.equal(chosen(table, headersOf([":method", "CONNECT"], [":authority", "a:1"])), "r0");
    assert.equal(chosen(table, request("/")), "r1");
  });

  it("stays linear on a regular expression that blows up when backtracking", () => {
    const table = routes({ safeRegex: { regex: "/(a|a)*(a|a)*(a|a)*(a|a)*b" } });
    const started = performance.now();
    assert.equal(chosen(table, request(`/${"a".repeat(20_000)}`)), undefined);
    assert.ok(performance.now() - started < 2_000);
  });
});

describe("conditions", () => {
  const one = (match: JsonObject) => routes({ prefix: "/", ...match });
  const takes = (match: JsonObject, headers: HeaderView, random?: number, context?: MatchContext) =>
    chosen(one(match), headers, random, context) === "r0";
  const header = (match: JsonObject) => ({ headers: [{ name: "X-H", ...match }] });
  const h = (...values: string[]) => request("/", ...values.map((value): [string, string] => ["x-h", value]));

  it("compare headers in every way, missing ones failing", () => {
    const cases: [JsonObject, string, string][] = [
      [{ stringMatch: { exact: "ab" } }, "ab", "abc"],
      [{ stringMatch: { exact: "ab", ignoreCase: true } }, "aB", "b"],
      [{ stringMatch: { prefix: "ab" } }, "abc", "cab"],
      [{ stringMatch: { suffix: "ab" } }, "cab", "abc"],
      [{ stringMatch: { contains: "b" } }, "abc", "ac"],
      [{ stringMatch: { safeRegex: { regex: "a+" } } }, "aa", "aab"],
      [{ exactMatch: "ab" }, "ab", "a"],
      [{ prefixMatch: "ab" }, "abc", "a"],
      [{ suffixMatch: "ab" }, "cab", "a"],
      [{ containsMatch: "b" }, "abc", "a"],
      [{ safeRegexMatch: { regex: "a+" } }, "aa", "b"],
      [{ rangeMatch: { start: -3, end: 5 } }, "-3", "5"],
      [{ rangeMatch: { start: 1, end: 5 } }, "4", "4a"],
    ];
    for (const [match, good, bad] of cases) {
      assert.equal(takes(header(match), h(good)), true, `${JSON.stringify(match)} ${good}`);
      assert.equal(takes(header(match), h(bad)), false, `${JSON.stringify(match)} ${bad}`);
      assert.equal(takes(header(match), h()), false, `${JSON.stringify(match)} missing`);
      const inverted = { ...match, invertMatch: true };
      assert.equal(takes(header(inverted), h(good)), false);
      assert.equal(takes(header(inverted), h(bad)), true);
      assert.equal(takes(header(inverted), h()), false);
      assert.equal(takes(header({ ...inverted, treatMissingHeaderAsEmpty: true }), h()), true);
    }
  });

  it("ask for presence and absence", () => {
    assert.equal(takes(header({}), h("")), true);
    assert.equal(takes(header({ presentMatch: true }), h("a")), true);
    assert.equal(takes(header({ presentMatch: true }), h()), false);
    assert.equal(takes(header({ presentMatch: false }), h()), true);
    assert.equal(takes(header({ presentMatch: true, invertMatch: true }), h()), true);
    assert.equal(takes(header({ presentMatch: false, invertMatch: true }), h("a")), true);
  });

  it("see each value of a repeated header, lists as one, and host as the authority", () => {
    assert.equal(takes(header({ stringMatch: { exact: "b" } }), h("a", "b")), true);
    assert.equal(takes(header({ stringMatch: { exact: "a,b" } }), h("a", "b")), false);
    assert.equal(takes(header({ stringMatch: { exact: "a,b" } }), h("a,b")), true);
    assert.equal(takes(header({ stringMatch: { exact: "b" }, invertMatch: true }), h("a", "b")), false);
    assert.equal(takes(header({ stringMatch: { exact: "c" }, invertMatch: true }), h("a", "b")), true);
    for (const name of ["accept", "referer", "te"]) {
      const list = { headers: [{ name, stringMatch: { exact: "a,b" } }] };
      assert.equal(takes(list, request("/", [name, "a"], [name, "b"])), true);
    }
    const host = { headers: [{ name: "Host", stringMatch: { exact: "example.com" } }] };
    assert.equal(takes(host, request("/")), true);
  });

  it("compare query parameters as they stand in the path", () => {
    const parameter = (match: JsonObject) => ({ queryParameters: [{ name: "q", ...match }] });
    assert.equal(takes(parameter({ stringMatch: { exact: "1" } }), request("/?a=q&q=1&q=2")), true);
    assert.equal(takes(parameter({ stringMatch: { exact: "2" } }), request("/?q=1&q=2")), false);
    assert.equal(takes(parameter({ stringMatch: { exact: "" } }), request("/?q")), true);
    assert.equal(takes(parameter({ presentMatch: true }), request("/?qq=1")), false);
    assert.equal(takes(parameter({}), request("/?x&q=")), true);
    assert.equal(takes(parameter({ stringMatch: { exact: "%31" } }), request("/?q=%31")), true);
  });

  it("compare cookies", () => {
    const cookie = { cookies: [{ name: "s", stringMatch: { exact: "1" } }] };
    assert.equal(takes(cookie, request("/", ["cookie", 'a=2; s="1"'])), true);
    assert.equal(takes(cookie, request("/", ["cookie", "a=2"], ["cookie", "s=1"])), true);
    assert.equal(takes(cookie, request("/", ["cookie", "ss=1"])), false);
  });

  it("take a share of requests, which runtime may change", () => {
    const share = {
      runtimeFraction: {
        defaultValue: { numerator: 25, denominator: "TEN_THOUSAND" },
        runtimeKey: "share",
      },
    };
    assert.equal(takes(share, request("/"), 10_024), true);
    assert.equal(takes(share, request("/"), 25), false);
    const runtime = {
      integer: (_key: string, fallback: number) => fallback,
      featureEnabled: (key: string) => key === "share",
    };
    assert.equal(takes(share, request("/"), 25, { runtime }), true);
  });

  it("tell gRPC from gRPC-Web", () => {
    const type = (value: string) => request("/", ["content-type", value]);
    assert.equal(takes({ grpc: {} }, type("application/grpc")), true);
    assert.equal(takes({ grpc: {} }, type("application/grpc+proto")), true);
    assert.equal(takes({ grpc: {} }, type("application/grpc-web")), false);
    assert.equal(takes({ grpc: {} }, type("application/grpc;x")), false);
    assert.equal(takes({ grpc: {} }, request("/")), false);
  });

  it("look at the client certificate and at dynamic metadata", () => {
    const presented = { tlsContext: { presented: true, validated: false } };
    const tls = { peerCertificatePresented: true, peerCertificateValidated: false };
    assert.equal(takes(presented, request("/"), 0, { tls }), true);
    assert.equal(takes(presented, request("/"), 0), false);
    const metadata = {
      dynamicMetadata: [
        { filter: "f", path: [{ key: "a" }, { key: "b" }], value: { stringMatch: { exact: "x" } } },
      ],
    };
    const dynamicMetadata = (filter: string) => (filter === "f" ? { a: { b: "x" } } : undefined);
    assert.equal(takes(metadata, request("/"), 0, { dynamicMetadata }), true);
    assert.equal(takes(metadata, request("/")), false);
  });
});

describe("compiling", () => {
  it("tells every problem with its field", () => {
    const compiled = compileRouteTable(
      configOf({
        virtualHosts: [
          {
            name: "v",
            domains: ["*"],
            routes: [
              { match: { safeRegex: { regex: "(" } } },
              { match: { prefix: "/", headers: [{ name: "a", stringMatch: { custom: { name: "c" } } }] } },
              { match: { pathMatchPolicy: { name: "envoy.path.match.x" } } },
              {},
            ],
          },
        ],
      }),
      {
        payload: (_route, _host, path) => ({
          ok: false,
          problems: [{ path: `${path}.route`, message: "no", severity: "error" }],
        }),
      },
    );
    assert.ok(!compiled.ok);
    const at = compiled.problems.map(({ path }) => path);
    for (const path of [
      "virtual_hosts[0].routes[0].match.safe_regex.regex",
      "virtual_hosts[0].routes[0].route",
      "virtual_hosts[0].routes[1].match.headers[0].string_match.custom",
      "virtual_hosts[0].routes[2].match.path_match_policy.typed_config",
      "virtual_hosts[0].routes[3].match",
    ])
      assert.ok(at.includes(path), `${path} in ${at.join(" ")}`);
    assert.match(
      compiled.problems.find(({ path }) => path.includes("path_match_policy"))?.message ?? "",
      /envoy\.path\.match\.x is not implemented/,
    );
  });
});
