import assert from "node:assert/strict";
import {
  create,
  createRegistry,
  type DescMessage,
  fromJson,
  type JsonObject,
  toBinary,
} from "@bufbuild/protobuf";
import { AnySchema, StringValueSchema } from "@bufbuild/protobuf/wkt";
import type { ConfigProblem } from "@sluice/xds";
import {
  DestinationPortInputSchema,
  DynamicMetadataInputSchema,
  ServerNameInputSchema,
  SourceIPInputSchema,
  SourceTypeInputSchema,
} from "@sluice/xds/gen/envoy/extensions/matching/common_inputs/network/v3/network_inputs_pb.js";
import { ConsistentHashingSchema } from "@sluice/xds/gen/envoy/extensions/matching/input_matchers/consistent_hashing/v3/consistent_hashing_pb.js";
import { IpSchema } from "@sluice/xds/gen/envoy/extensions/matching/input_matchers/ip/v3/ip_pb.js";
import { MetadataSchema } from "@sluice/xds/gen/envoy/extensions/matching/input_matchers/metadata/v3/metadata_pb.js";
import { RuntimeFractionSchema } from "@sluice/xds/gen/envoy/extensions/matching/input_matchers/runtime_fraction/v3/runtime_fraction_pb.js";
import {
  HttpRequestHeaderMatchInputSchema,
  HttpRequestQueryParamMatchInputSchema,
  HttpResponseHeaderMatchInputSchema,
} from "@sluice/xds/gen/envoy/type/matcher/v3/http_inputs_pb.js";
import { HttpResponseStatusCodeClassMatchInputSchema } from "@sluice/xds/gen/envoy/type/matcher/v3/status_code_input_pb.js";
import { ServerNameMatcherSchema } from "@sluice/xds/gen/xds/type/matcher/v3/domain_pb.js";
import { IPMatcherSchema } from "@sluice/xds/gen/xds/type/matcher/v3/ip_pb.js";
import { type Matcher, MatcherSchema } from "@sluice/xds/gen/xds/type/matcher/v3/matcher_pb.js";
import { compileMatcher, type MatcherTree } from "../matcher/compile-matcher.ts";
import { HTTP_INPUTS } from "../matcher/http-inputs.ts";
import type { MatchInput } from "../matcher/matching-data.ts";
import type { KnownExtensions } from "../matcher/typed-extension.ts";

const registry = createRegistry(
  ConsistentHashingSchema,
  DestinationPortInputSchema,
  DynamicMetadataInputSchema,
  HttpRequestHeaderMatchInputSchema,
  HttpRequestQueryParamMatchInputSchema,
  HttpResponseHeaderMatchInputSchema,
  HttpResponseStatusCodeClassMatchInputSchema,
  IPMatcherSchema,
  IpSchema,
  MetadataSchema,
  RuntimeFractionSchema,
  ServerNameInputSchema,
  ServerNameMatcherSchema,
  SourceIPInputSchema,
  SourceTypeInputSchema,
  StringValueSchema,
);

/** A TypedExtensionConfig as JSON. */
export function extension(schema: DescMessage, config: JsonObject = {}): JsonObject {
  return { name: schema.name, typedConfig: { "@type": `type.googleapis.com/${schema.typeName}`, ...config } };
}

export function requestHeader(headerName: string): JsonObject {
  return extension(HttpRequestHeaderMatchInputSchema, { headerName });
}

/** An OnMatch whose action is a name. */
export function action(name: string, keepMatching = false): JsonObject {
  return {
    action: {
      name,
      typedConfig: { "@type": "type.googleapis.com/google.protobuf.StringValue", value: name },
    },
    keepMatching,
  };
}

function matcherOf(json: JsonObject): Matcher {
  return fromJson(MatcherSchema, json, { registry });
}

/** Actions are objects with the name that `action` was given. */
export interface NamedAction {
  readonly name: string;
}

function compileNamed(json: JsonObject, inputs: KnownExtensions<MatchInput> = HTTP_INPUTS) {
  return compileMatcher<NamedAction>(matcherOf(json), "matcher", {
    inputs,
    action: ({ name }) => ({ ok: true, value: { name } }),
  });
}

export function treeOf(json: JsonObject, inputs?: KnownExtensions<MatchInput>): MatcherTree<NamedAction> {
  const compiled = compileNamed(json, inputs);
  assert.ok(compiled.ok, compiled.ok ? "" : JSON.stringify(compiled.problems));
  return compiled.value;
}

export function problemsOf(json: JsonObject, inputs?: KnownExtensions<MatchInput>): readonly ConfigProblem[] {
  const compiled = compileNamed(json, inputs);
  return compiled.ok ? [] : compiled.problems;
}

/** An extension of a type that nobody knows. */
export function unknownExtension(): JsonObject {
  const any = create(AnySchema, {
    typeUrl: "type.googleapis.com/google.protobuf.StringValue",
    value: toBinary(StringValueSchema, create(StringValueSchema, { value: "x" })),
  });
  return { name: "unknown", typedConfig: { "@type": any.typeUrl, value: "x" } };
}
