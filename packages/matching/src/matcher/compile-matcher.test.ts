import assert from "node:assert/strict";
import { it } from "node:test";
import type { JsonObject } from "@bufbuild/protobuf";
import {
  DestinationPortInputSchema,
  DynamicMetadataInputSchema,
  ServerNameInputSchema,
  SourceIPInputSchema,
  SourceTypeInputSchema,
} from "@sluice/xds/gen/envoy/extensions/matching/common_inputs/network/v3/network_inputs_pb.js";
import { ConsistentHashingSchema } from "@sluice/xds/gen/envoy/extensions/matching/input_matchers/consistent_hashing/v3/consistent_hashing_pb.js";
import { MetadataSchema } from "@sluice/xds/gen/envoy/extensions/matching/input_matchers/metadata/v3/metadata_pb.js";
import { RuntimeFractionSchema } from "@sluice/xds/gen/envoy/extensions/matching/input_matchers/runtime_fraction/v3/runtime_fraction_pb.js";
import {
  HttpRequestQueryParamMatchInputSchema,
  HttpResponseHeaderMatchInputSchema,
} from "@sluice/xds/gen/envoy/type/matcher/v3/http_inputs_pb.js";
import { HttpResponseStatusCodeClassMatchInputSchema } from "@sluice/xds/gen/envoy/type/matcher/v3/status_code_input_pb.js";
import { ServerNameMatcherSchema } from "@sluice/xds/gen/xds/type/matcher/v3/domain_pb.js";
import { IPMatcherSchema } from "@sluice/xds/gen/xds/type/matcher/v3/ip_pb.js";
import {
  action,
  extension,
  type NamedAction,
  problemsOf,
  requestHeader,
  treeOf,
  unknownExtension,
} from "../testing/matchers.ts";
import { headersOf } from "../testing/tables.ts";
import type { MatcherTree } from "./compile-matcher.ts";
import { ConnectionMatchView } from "./connection-view.ts";
import { INSUFFICIENT_DATA } from "./match-tree.ts";
import type { MatchingData } from "./matching-data.ts";
import { NETWORK_INPUTS } from "./network-inputs.ts";

function single(header: string, valueMatch: JsonObject): JsonObject {
  return { singlePredicate: { input: requestHeader(header), valueMatch } };
}

function withHeaders(...fields: [string, string][]): MatchingData {
  return { requestHeaders: headersOf(...fields) };
}

function answer(tree: MatcherTree<NamedAction>, data: MatchingData): string | undefined {
  const found = tree.match(data);
  return found === INSUFFICIENT_DATA ? "insufficient" : found?.name;
}

function connection(remote: string, local = "10.0.0.1:443", serverName = ""): MatchingData {
  return {
    connection: new ConnectionMatchView({
      localAddress: local,
      remoteAddress: remote,
      directRemoteAddress: remote,
      requestedServerName: serverName,
      tls: undefined,
    }),
  };
}

it("takes the first predicate of a list that holds, with and, or and not", () => {
  const tree = treeOf({
    matcherList: {
      matchers: [
        {
          predicate: {
            andMatcher: { predicate: [single("x-a", { exact: "1" }), single("x-b", { prefix: "2" })] },
          },
          onMatch: action("both"),
        },
        {
          predicate: {
            orMatcher: {
              predicate: [
                single("x-a", { safeRegex: { googleRe2: {}, regex: "[3-5]" } }),
                single("x-b", { suffix: "9" }),
              ],
            },
          },
          onMatch: action("either"),
        },
        { predicate: { notMatcher: single("x-a", { contains: "z" }) }, onMatch: action("none") },
      ],
    },
    onNoMatch: action("rest"),
  });
  assert.equal(answer(tree, withHeaders(["x-a", "1"], ["x-b", "2x"])), "both");
  assert.equal(answer(tree, withHeaders(["x-a", "4"])), "either");
  assert.equal(answer(tree, withHeaders(["x-b", "19"])), "either");
  assert.equal(answer(tree, withHeaders()), "none");
  assert.equal(answer(tree, withHeaders(["x-a", "az"])), "rest");
});

it("cannot decide before the data has arrived, unless an earlier branch already has", () => {
  const responseA = {
    singlePredicate: {
      input: extension(HttpResponseHeaderMatchInputSchema, { headerName: "x-a" }),
      valueMatch: { exact: "1" },
    },
  };
  const tree = treeOf({
    matcherList: {
      matchers: [
        { predicate: single("x-a", { exact: "1" }), onMatch: action("request") },
        {
          predicate: { orMatcher: { predicate: [responseA, single("x-b", { exact: "1" })] } },
          onMatch: action("or"),
        },
        { predicate: { notMatcher: responseA }, onMatch: action("not") },
      ],
    },
  });
  assert.equal(answer(tree, {}), "insufficient");
  assert.equal(answer(tree, withHeaders(["x-a", "1"])), "request");
  assert.equal(answer(tree, withHeaders(["x-b", "1"])), "or");
  assert.equal(answer(tree, withHeaders()), "insufficient");
  assert.equal(answer(tree, { ...withHeaders(), responseHeaders: headersOf(["x-a", "1"]) }), "or");
  assert.equal(answer(tree, { ...withHeaders(), responseHeaders: headersOf() }), "not");
});

it("finds branches of a map by the whole text, or by the longest prefix that has an answer", () => {
  const nested = {
    matcher: {
      matcherList: { matchers: [{ predicate: single("x-b", { exact: "1" }), onMatch: action("nested") }] },
    },
  };
  const map = { map: { "/a": action("a"), "/a/b": nested, "/c": action("c") } };
  const input = requestHeader(":path");
  const exact = treeOf({ matcherTree: { input, exactMatchMap: map }, onNoMatch: action("rest") });
  assert.equal(answer(exact, withHeaders([":path", "/a"])), "a");
  assert.equal(answer(exact, withHeaders([":path", "/a/b"], ["x-b", "1"])), "nested");
  assert.equal(answer(exact, withHeaders([":path", "/a/b"])), "rest");
  assert.equal(answer(exact, withHeaders([":path", "/a/x"])), "rest");
  assert.equal(answer(exact, withHeaders()), "rest");
  const prefix = treeOf({ matcherTree: { input, prefixMatchMap: map }, onNoMatch: action("rest") });
  assert.equal(answer(prefix, withHeaders([":path", "/a/x"])), "a");
  assert.equal(answer(prefix, withHeaders([":path", "/a/b/c"], ["x-b", "1"])), "nested");
  assert.equal(answer(prefix, withHeaders([":path", "/a/b/c"])), "a");
  assert.equal(answer(prefix, withHeaders([":path", "/d"])), "rest");
});

it("goes on behind what says keep_matching and tells it", () => {
  const tree = treeOf({
    matcherList: {
      matchers: [
        { predicate: single("x-a", { prefix: "" }), onMatch: action("first", true) },
        {
          predicate: single("x-a", { prefix: "" }),
          onMatch: { keepMatching: true, matcher: { onNoMatch: action("second") } },
        },
        { predicate: single("x-a", { prefix: "" }), onMatch: action("third") },
      ],
    },
  });
  const skipped: string[] = [];
  const found = tree.match(withHeaders(["x-a", ""]), ({ name }) => skipped.push(name));
  assert.deepEqual(found, { name: "third" });
  assert.deepEqual(skipped, ["first", "second"]);
});

it("finds address ranges, the smallest first, exclusive ones only when nothing smaller holds the address", () => {
  const none = {
    matcher: {
      matcherList: { matchers: [{ predicate: single("x-none", { exact: "x" }), onMatch: action("never") }] },
    },
  };
  const tree = (exclusive: boolean) =>
    treeOf({
      matcherTree: {
        input: extension(SourceIPInputSchema),
        customMatch: extension(IPMatcherSchema, {
          rangeMatchers: [
            { ranges: [{ addressPrefix: "10.0.0.0", prefixLen: 8 }], onMatch: action("ten"), exclusive },
            {
              ranges: [
                { addressPrefix: "10.1.0.0", prefixLen: 16 },
                { addressPrefix: "::1", prefixLen: 128 },
              ],
              onMatch: none,
            },
            { ranges: [{ addressPrefix: "10.2.0.0", prefixLen: 16 }], onMatch: action("two") },
          ],
        }),
      },
      onNoMatch: action("rest"),
    });
  const from = (remote: string): MatchingData => ({ ...connection(remote), ...withHeaders() });
  assert.equal(answer(tree(false), from("10.2.3.4:1")), "two");
  assert.equal(answer(tree(false), from("10.9.3.4:1")), "ten");
  assert.equal(answer(tree(false), from("10.1.3.4:1")), "ten");
  assert.equal(answer(tree(true), from("10.1.3.4:1")), "rest");
  assert.equal(answer(tree(true), from("[::1]:1")), "rest");
  assert.equal(answer(tree(true), from("/run/socket")), "rest");
});

it("finds server names: whole, by the longest ending, then any", () => {
  const tree = treeOf(
    {
      matcherTree: {
        input: extension(ServerNameInputSchema),
        customMatch: extension(ServerNameMatcherSchema, {
          domainMatchers: [
            { domains: ["*"], onMatch: action("any") },
            { domains: ["*.com", "a.example.com"], onMatch: action("com") },
            { domains: ["*.example.com"], onMatch: action("example") },
          ],
        }),
      },
    },
    NETWORK_INPUTS,
  );
  const name = (serverName: string) => answer(tree, connection("1.2.3.4:5", "10.0.0.1:443", serverName));
  assert.equal(name("a.example.com"), "com");
  assert.equal(name("b.c.example.com"), "example");
  assert.equal(name("example.com"), "com");
  assert.equal(name("x.org"), "any");
  assert.equal(name(""), undefined);
});

it("reads ports, the source type, query parameters, response classes and metadata", () => {
  const by = (input: JsonObject, map: Record<string, JsonObject>) =>
    treeOf({ matcherTree: { input, exactMatchMap: { map } } });
  const port = by(extension(DestinationPortInputSchema), { "443": action("port") });
  assert.equal(answer(port, connection("1.2.3.4:5")), "port");
  const type = by(extension(SourceTypeInputSchema), { local: action("local") });
  assert.equal(answer(type, connection("127.0.0.1:5")), "local");
  assert.equal(answer(type, connection("10.0.0.1:5")), "local");
  assert.equal(answer(type, connection("10.0.0.2:5")), undefined);
  const query = by(extension(HttpRequestQueryParamMatchInputSchema, { queryParam: "q" }), {
    "a b": action("query"),
  });
  assert.equal(answer(query, withHeaders([":path", "/?p=1&q=a%20b"])), "query");
  assert.equal(answer(query, withHeaders([":path", "/?p=1"])), undefined);
  const status = by(extension(HttpResponseStatusCodeClassMatchInputSchema), { "4xx": action("class") });
  assert.equal(answer(status, withHeaders()), "insufficient");
  assert.equal(answer(status, { responseHeaders: headersOf([":status", "404"]) }), "class");
  const metadata = treeOf({
    matcherList: {
      matchers: [
        {
          predicate: {
            singlePredicate: {
              input: extension(DynamicMetadataInputSchema, {
                filter: "f",
                path: [{ key: "a" }, { key: "b" }],
              }),
              customMatch: extension(MetadataSchema, {
                value: { listMatch: { oneOf: { doubleMatch: { exact: 2 } } } },
              }),
            },
          },
          onMatch: action("metadata"),
        },
      ],
    },
  });
  assert.equal(answer(metadata, { dynamicMetadata: () => ({ a: { b: [1, 2] } }) }), "metadata");
  assert.equal(answer(metadata, { dynamicMetadata: () => ({ a: { b: [1] } }) }), undefined);
  const text = by(extension(DynamicMetadataInputSchema, { filter: "f", path: [{ key: "a" }] }), {
    x: action("text"),
  });
  assert.equal(answer(text, { dynamicMetadata: () => ({ a: "x" }) }), undefined);
});

it("draws shares by a hash of the text, as Envoy does", () => {
  const by = (customMatch: JsonObject) =>
    treeOf({
      matcherList: {
        matchers: [
          {
            predicate: { singlePredicate: { input: requestHeader("x-a"), customMatch } },
            onMatch: action("in"),
          },
        ],
      },
    });
  // XXH64("hello") is 2794345569481354659: 59 of 100.
  const hello = withHeaders(["x-a", "hello"]);
  assert.equal(answer(by(extension(ConsistentHashingSchema, { threshold: 59, modulo: 100 })), hello), "in");
  assert.equal(
    answer(by(extension(ConsistentHashingSchema, { threshold: 60, modulo: 100 })), hello),
    undefined,
  );
  const share = (numerator: number) =>
    extension(RuntimeFractionSchema, { runtimeFraction: { defaultValue: { numerator } } });
  assert.equal(answer(by(share(60)), hello), "in");
  assert.equal(answer(by(share(59)), hello), undefined);
});

it("tells every problem with its path", () => {
  const problems = problemsOf({
    matcherList: {
      matchers: [
        {
          predicate: {
            singlePredicate: {
              input: unknownExtension(),
              valueMatch: { safeRegex: { googleRe2: {}, regex: "(" } },
            },
          },
          onMatch: {},
        },
        { predicate: { orMatcher: { predicate: [single("", { exact: "" })] } }, onMatch: action("a") },
      ],
    },
    onNoMatch: { matcher: { matcherTree: { input: requestHeader("a"), customMatch: unknownExtension() } } },
  });
  assert.deepEqual(
    problems.map(({ path }) => path),
    [
      "matcher.on_no_match.matcher.matcher_tree.custom_match.typed_config",
      "matcher.matcher_list.matchers[0].predicate.single_predicate.input.typed_config",
      "matcher.matcher_list.matchers[0].predicate.single_predicate.value_match.safe_regex.regex",
      "matcher.matcher_list.matchers[0].on_match",
      "matcher.matcher_list.matchers[1].predicate.or_matcher.predicate",
    ],
  );
  assert.equal(problems[0]?.message, "custom matcher google.protobuf.StringValue is not implemented");
});

it("wants the engine of a regular expression named, as Envoy does of this message alone", () => {
  const predicate = single("x-a", { safeRegex: { regex: "a" } });
  const problems = problemsOf({ matcherList: { matchers: [{ predicate, onMatch: action("a") }] } });
  assert.deepEqual(
    problems.map(({ path, message }) => `${path} ${message}`),
    [
      "matcher.matcher_list.matchers[0].predicate.single_predicate.value_match.safe_regex.google_re2 google_re2 is required",
    ],
  );
});

it("explains each step", () => {
  const tree = treeOf({
    matcherList: {
      matchers: [
        { predicate: single("x-a", { exact: "1" }), onMatch: action("a") },
        {
          predicate: single("x-b", { exact: "2" }),
          onMatch: {
            matcher: {
              matcherTree: { input: requestHeader("x-c"), exactMatchMap: { map: { y: action("y") } } },
            },
          },
        },
      ],
    },
  });
  const { answer: found, steps } = tree.explain(withHeaders(["x-b", "2"], ["x-c", "n"]));
  assert.equal(found, undefined);
  assert.deepEqual(
    steps.map(({ field, outcome, message }) => `${field} ${outcome}: ${message}`),
    [
      'matcher.matcher_list.matchers[0].predicate.single_predicate rejected: wanted: request header x-a is exactly "1"; it is absent',
      'matcher.matcher_list.matchers[1].predicate.single_predicate matched: wanted: request header x-b is exactly "2"; it is "2"',
      'matcher.matcher_list.matchers[1].on_match.matcher.matcher_tree rejected: request header x-c is "n": no branch for it',
    ],
  );
});
