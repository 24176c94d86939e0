import { type Compiled, type Problem, refuse } from "@sluice/extension-api";
import {
  type Condition,
  compileCidrSet,
  compileExtension,
  compileHeaderMatcher,
  compileQueryParameterMatcher,
  HTTP_INPUTS,
  headerKey,
  type KnownExtension,
  known,
  type MatchInput,
  maskedAddress,
  metadataValue,
  NOT_AVAILABLE,
  percentDecoded,
  queryParameter,
  splitAddress,
  toBinaryString,
} from "@sluice/matching";
import {
  type RateLimit_Action as ActionConfig,
  RateLimit_Action_MetaData_Source as MetadataSource,
} from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import {
  type Descriptor as ExpressionDescriptor,
  DescriptorSchema as ExpressionDescriptorSchema,
} from "@sluice/xds/gen/envoy/extensions/rate_limit_descriptors/expr/v3/expr_pb.js";
import { compileCel } from "../cel/load-cel.ts";
import { StreamMatchingData } from "../http-filter/stream-matching-data.ts";
import type { DescriptorEntry, DescriptorSource, RateLimitContext } from "./rate-limit-policy.ts";

/** Adds its entry; false when there is no descriptor then. */
export type DescriptorAction = (source: DescriptorSource, entries: DescriptorEntry[]) => boolean;

/** One of `RateLimit.actions`; `path` is where it stands. */
export function compileDescriptorAction(
  config: ActionConfig,
  path: string,
  worker: RateLimitContext,
): Compiled<DescriptorAction> {
  const specifier = config.actionSpecifier;
  switch (specifier.case) {
    case "sourceCluster":
      return always("source_cluster", () => worker.localInfo.nodeCluster);
    case "destinationCluster":
      return always("destination_cluster", ({ route }) => route?.clusterName ?? "");
    case "requestHeaders": {
      const { headerName, descriptorKey, skipIfAbsent } = specifier.value;
      const name = headerKey(headerName);
      return valueAction(descriptorKey, skipIfAbsent, ({ request }) => request.get(name));
    }
    case "queryParameters": {
      const { queryParameterName, descriptorKey, skipIfAbsent } = specifier.value;
      const name = toBinaryString(queryParameterName);
      return valueAction(descriptorKey, skipIfAbsent, ({ request }) => {
        const value = queryParameter(request.get(":path") ?? "", name);
        return value === undefined ? undefined : percentDecoded(value);
      });
    }
    case "remoteAddress":
      return valueAction("remote_address", false, remoteIp);
    case "maskedRemoteAddress": {
      const { v4PrefixMaskLen = 32, v6PrefixMaskLen = 128 } = specifier.value;
      return valueAction("masked_remote_address", false, (source) => {
        const ip = remoteIp(source);
        return ip === undefined ? undefined : maskedAddress(ip, v4PrefixMaskLen, v6PrefixMaskLen);
      });
    }
    case "genericKey":
      return constant(specifier.value, "generic_key", () => true);
    case "headerValueMatch": {
      const at = `${path}.header_value_match`;
      const matchers = specifier.value.headers.map((one, i) =>
        compileHeaderMatcher(one, `${at}.headers[${i}]`),
      );
      return conditional(specifier.value, matchers, "header_match");
    }
    case "queryParameterValueMatch": {
      const at = `${path}.query_parameter_value_match`;
      const matchers = specifier.value.queryParameters.map((one, i) =>
        compileQueryParameterMatcher(one, `${at}.query_parameters[${i}]`),
      );
      return conditional(specifier.value, matchers, "query_match");
    }
    case "remoteAddressMatch": {
      const at = `${path}.remote_address_match`;
      const { addressMatcher } = specifier.value;
      const ranges = compileCidrSet(addressMatcher?.ranges ?? [], `${at}.address_matcher.ranges`);
      if (!ranges.ok) return ranges;
      const wanted = !(addressMatcher?.invertMatch ?? false);
      return constant(specifier.value, "remote_address_match", (source) => {
        const ip = remoteIp(source);
        return ip !== undefined && ranges.value.has(ip) === wanted;
      });
    }
    case "dynamicMetadata":
    case "metadata":
      return metadataAction(specifier.value);
    case "extension":
      return extensionAction(specifier.value, path, worker);
    default:
      return refuse(path, "an action is required");
  }
}

function remoteIp({ connection }: DescriptorSource): string | undefined {
  return splitAddress(connection.remoteAddress)?.ip;
}

function always(key: string, value: (source: DescriptorSource) => string): Compiled<DescriptorAction> {
  return {
    ok: true,
    value: (source, entries) => {
      entries.push({ key, value: value(source) });
      return true;
    },
  };
}

/** Without a value there is no entry, and no descriptor either unless `skipIfAbsent`. */
function valueAction(
  key: string,
  skipIfAbsent: boolean,
  read: (source: DescriptorSource) => string | undefined,
): Compiled<DescriptorAction> {
  return {
    ok: true,
    value: (source, entries) => {
      const value = read(source);
      if (value === undefined) return skipIfAbsent;
      entries.push({ key, value });
      return true;
    },
  };
}

interface ConstantConfig {
  readonly descriptorValue: string;
  readonly descriptorKey: string;
}

/**
 * `descriptor_value` as it stands: Envoy fills in operators, and `default_value` for what comes out empty, only behind a
 * feature flag that is off.
 */
function constant(
  config: ConstantConfig,
  defaultKey: string,
  applies: (source: DescriptorSource) => boolean,
): Compiled<DescriptorAction> {
  const key = config.descriptorKey === "" ? defaultKey : config.descriptorKey;
  const value = toBinaryString(config.descriptorValue);
  return {
    ok: true,
    value: (source, entries) => {
      if (!applies(source)) return false;
      entries.push({ key, value });
      return true;
    },
  };
}

function conditional(
  config: ConstantConfig & { readonly expectMatch?: boolean | undefined },
  compiled: readonly Compiled<Condition>[],
  defaultKey: string,
): Compiled<DescriptorAction> {
  const problems: Problem[] = [];
  const conditions: Condition[] = [];
  for (const one of compiled)
    if (one.ok) conditions.push(one.value);
    else problems.push(...one.problems);
  if (problems.length > 0) return { ok: false, problems };
  const expected = config.expectMatch ?? true;
  return constant(
    config,
    defaultKey,
    ({ request }) => conditions.every((condition) => condition.matches(request, 0, {})) === expected,
  );
}

type MetadataConfig = Extract<
  ActionConfig["actionSpecifier"],
  { case: "dynamicMetadata" | "metadata" }
>["value"];

/** Texts only: another value counts as absent. */
function metadataAction(config: MetadataConfig): Compiled<DescriptorAction> {
  const keys =
    config.metadataKey?.path.map(({ segment }) => (segment.case === "key" ? segment.value : "")) ?? [];
  const filter = config.metadataKey?.key ?? "";
  const ofRoute = "source" in config && config.source === MetadataSource.ROUTE_ENTRY;
  const skipIfAbsent = "skipIfAbsent" in config && config.skipIfAbsent;
  return {
    ok: true,
    value: ({ streamInfo, route }, entries) => {
      const metadata = ofRoute ? route?.metadata?.[filter] : streamInfo.getDynamicMetadata(filter);
      const found = metadataAt(metadata, keys);
      const value = typeof found === "string" && found !== "" ? found : config.defaultValue;
      if (value === "") return skipIfAbsent;
      entries.push({ key: config.descriptorKey, value });
      return true;
    },
  };
}

export function metadataAt(metadata: unknown, keys: readonly string[]): unknown {
  return metadataValue({ root: metadata }, ["root", ...keys]);
}

/** `envoy.rate_limit_descriptors.expr`: what an expression yields, as Envoy prints it. */
function expressionAction(
  { descriptorKey, skipIfError, exprSpecifier }: ExpressionDescriptor,
  path: string,
): Compiled<DescriptorAction> {
  if (exprSpecifier.case === undefined) {
    const message = "Rate limit descriptor extension failed: expression specifier is not set";
    return refuse(path, message);
  }
  const compiled = compileCel(
    exprSpecifier.case === "text"
      ? { kind: "text", text: exprSpecifier.value }
      : { kind: "legacy", expr: exprSpecifier.value },
    `${path}.${exprSpecifier.case}`,
  );
  if (!compiled.ok) return compiled;
  return valueAction(descriptorKey, skipIfError, ({ request, streamInfo, connection, route }) =>
    compiled.value.print({
      request,
      response: undefined,
      responseTrailers: undefined,
      streamInfo,
      connection,
      routeMetadata: route?.metadata,
      virtualHostMetadata: route?.virtualHostMetadata,
    }),
  );
}

/** Any HTTP matching input may be a descriptor, the extension's name being its key; and what an expression yields. */
function extensionAction(
  extension: Extract<ActionConfig["actionSpecifier"], { case: "extension" }>["value"],
  path: string,
  worker: RateLimitContext,
): Compiled<DescriptorAction> {
  const descriptors = new Map<string, KnownExtension<DescriptorAction>>([
    known<ExpressionDescriptor, DescriptorAction>(ExpressionDescriptorSchema, expressionAction),
  ]);
  for (const [type, { schema, compile }] of HTTP_INPUTS)
    descriptors.set(type, {
      schema,
      compile: (message, at) => inputAction(compile(message, at), extension.name, worker),
    });
  return compileExtension(extension, descriptors, "rate limit descriptor", `${path}.extension`);
}

function inputAction(
  input: Compiled<MatchInput>,
  key: string,
  worker: RateLimitContext,
): Compiled<DescriptorAction> {
  if (!input.ok) return input;
  return {
    ok: true,
    value: (source, entries) => {
      const value = input.value.get(new StreamMatchingData(source, worker.runtime));
      if (value === NOT_AVAILABLE || typeof value !== "string") return false;
      if (value !== "") entries.push({ key, value });
      return true;
    },
  };
}
