import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  create,
  type DescMessage,
  fromJson,
  type JsonObject,
  type MessageInitShape,
} from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { compileMatcher, INSUFFICIENT_DATA, type MatchingData, type TypedExtension } from "@sluice/matching";
import { HttpRequestHeaderMatchInputSchema } from "@sluice/xds/gen/envoy/type/matcher/v3/http_inputs_pb.js";
import { CelMatcherSchema } from "@sluice/xds/gen/xds/type/matcher/v3/cel_pb.js";
import { HttpAttributesCelMatchInputSchema } from "@sluice/xds/gen/xds/type/matcher/v3/http_inputs_pb.js";
import { formatContext } from "../formatter/format-context-fixture.ts";
import { HTTP_MATCHING } from "./cel-matching.ts";

const extension = <D extends DescMessage>(schema: D, fields: MessageInitShape<D>): TypedExtension => ({
  name: "x",
  typedConfig: anyPack(schema, create(schema, fields)),
});
const matcher = (expr: JsonObject): TypedExtension => ({
  name: "x",
  typedConfig: anyPack(
    CelMatcherSchema,
    fromJson(CelMatcherSchema, { exprMatch: { celExprParsed: { expr } } }),
  ),
});
const INPUT = extension(HttpAttributesCelMatchInputSchema, {});
const HEADER = extension(HttpRequestHeaderMatchInputSchema, { headerName: "x-a" });
const IS_GET = {
  callExpr: {
    function: "_==_",
    args: [
      { selectExpr: { operand: { identExpr: { name: "request" } }, field: "method" } },
      { constExpr: { stringValue: "GET" } },
    ],
  },
};

function tree(input: TypedExtension, customMatch: TypedExtension) {
  return compileMatcher<{ readonly name: string }>(
    {
      matcherType: {
        case: "matcherList",
        value: {
          matchers: [
            {
              predicate: {
                matchType: {
                  case: "singlePredicate",
                  value: { input, matcher: { case: "customMatch", value: customMatch } },
                },
              },
              onMatch: { onMatch: { case: "action", value: { name: "matched" } }, keepMatching: false },
            },
          ],
        },
      },
    },
    "matcher",
    { ...HTTP_MATCHING, action: ({ name }) => ({ ok: true, value: { name } }) },
  );
}

describe("CEL in matcher trees", () => {
  it("asks the attributes of the request", () => {
    const compiled = tree(INPUT, matcher(IS_GET));
    assert.ok(compiled.ok, JSON.stringify(compiled));
    const ask = (data: MatchingData) => compiled.value.match(data);
    assert.deepEqual(ask({ attributes: formatContext({ request: { ":method": "GET" } }) }), {
      name: "matched",
    });
    assert.equal(ask({ attributes: formatContext({ request: { ":method": "PUT" } }) }), undefined);
    assert.equal(ask({}), undefined);
  });

  it("waits for a response that an expression asks for", () => {
    const field = (name: string) => ({
      selectExpr: { operand: { identExpr: { name: "response" } }, field: name },
    });
    const is404 = {
      callExpr: { function: "_==_", args: [field("code"), { constExpr: { int64Value: "404" } }] },
    };
    const compiled = tree(INPUT, matcher(is404));
    assert.ok(compiled.ok, JSON.stringify(compiled));
    const ask = (given: Parameters<typeof formatContext>[0]) =>
      compiled.value.match({ attributes: formatContext(given) });
    assert.equal(ask({ streamInfo: { responseCode: 0 } }), INSUFFICIENT_DATA);
    assert.deepEqual(ask({ response: {}, streamInfo: { responseCode: 404 } }), { name: "matched" });
    assert.equal(ask({ response: {}, trailers: {}, streamInfo: { responseCode: 200 } }), undefined);
  });

  it("goes with its own input alone, and says what is wrong with an expression", () => {
    const messages = (compiled: ReturnType<typeof tree>): string =>
      compiled.ok ? "" : compiled.problems.map(({ message }) => message).join();
    assert.match(messages(tree(HEADER, matcher(IS_GET))), /Unsupported data input type: string/);
    assert.match(messages(tree(INPUT, matcher({ callExpr: { function: "nosuch" } }))), /No overload found/);
    assert.match(messages(tree(INPUT, extension(CelMatcherSchema, {}))), /an expression is required/);
    assert.match(
      messages(tree(INPUT, extension(CelMatcherSchema, { exprMatch: {} }))),
      /CEL expression not set/,
    );
  });
});
