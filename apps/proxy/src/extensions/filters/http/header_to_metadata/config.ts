import type { Compiled, Problem, StatsScope } from "@sluice/extension-api";
import { compileRegexSubstitution, headerKey } from "@sluice/matching";
import type {
  Config,
  Config_KeyValuePair,
  Config_Rule,
} from "@sluice/xds/gen/envoy/extensions/filters/http/header_to_metadata/v3/header_to_metadata_pb.js";
import {
  Config_ValueEncode as ValueEncode,
  Config_ValueType as ValueType,
} from "@sluice/xds/gen/envoy/extensions/filters/http/header_to_metadata/v3/header_to_metadata_pb.js";
import { createHeaderToMetadataStats, type HeaderToMetadataStats } from "./stats.ts";

/** Values as long as this are not taken over (Envoy's limit). */
export const VALUE_BYTES_MAX = 8 * 1024;

export interface MetadataTarget {
  /** Default `envoy.filters.http.header_to_metadata`. */
  readonly namespace: string;
  readonly key: string;
  /** "": the header's. */
  readonly value: string;
  readonly rewrite: ((value: string) => string) | undefined;
  readonly type: "string" | "number" | "protobuf";
  readonly base64: boolean;
}

export interface MetadataRule {
  /** Lower case; "": a cookie. */
  readonly header: string;
  readonly cookie: string;
  readonly onPresent: MetadataTarget | undefined;
  readonly onMissing: MetadataTarget | undefined;
  readonly remove: boolean;
}

export interface HeaderToMetadataConfig {
  /** Undefined without `stat_prefix`. */
  readonly stats: HeaderToMetadataStats | undefined;
  readonly request: readonly MetadataRule[];
  readonly response: readonly MetadataRule[];
}

/** `root`: where stats begin. */
export function compileHeaderToMetadata(config: Config, root: StatsScope): Compiled<HeaderToMetadataConfig> {
  const problems: Problem[] = [];
  const request = config.requestRules.map((rule, i) =>
    compileRule(rule, `request_rules[${i}]`, headerKey, problems),
  );
  const response = config.responseRules.map((rule, i) =>
    compileRule(rule, `response_rules[${i}]`, lowerCase, problems),
  );
  if (problems.length > 0) return { ok: false, problems };
  const stats = config.statPrefix === "" ? undefined : createHeaderToMetadataStats(root, config.statPrefix);
  return { ok: true, value: Object.freeze({ stats, request, response }) };
}

const lowerCase = (name: string): string => name.toLowerCase();

const TYPES = {
  [ValueType.STRING]: "string",
  [ValueType.NUMBER]: "number",
  [ValueType.PROTOBUF_VALUE]: "protobuf",
} as const;

function compileRule(
  rule: Config_Rule,
  path: string,
  headerOf: (name: string) => string,
  problems: Problem[],
): MetadataRule {
  const refuse = (at: string, message: string): void => {
    problems.push({ path: at, message, severity: "error" });
  };
  if (rule.header === "" && rule.cookie === "") refuse(path, "one of header and cookie is required");
  if (rule.header !== "" && rule.cookie !== "") refuse(path, "only one of header and cookie may be set");
  if (rule.cookie !== "" && rule.remove) refuse(`${path}.remove`, "a cookie cannot be removed");
  if (rule.onHeaderPresent === undefined && rule.onHeaderMissing === undefined) {
    refuse(path, "one of on_header_present and on_header_missing is required");
  }
  if (rule.onHeaderMissing !== undefined && rule.onHeaderMissing.value === "") {
    refuse(`${path}.on_header_missing.value`, "a value is required where the header is missing");
  }
  return {
    header: headerOf(rule.header),
    cookie: rule.cookie,
    onPresent: compileTarget(rule.onHeaderPresent, `${path}.on_header_present`, problems, true),
    onMissing: compileTarget(rule.onHeaderMissing, `${path}.on_header_missing`, problems, false),
    remove: rule.remove,
  };
}

function compileTarget(
  pair: Config_KeyValuePair | undefined,
  path: string,
  problems: Problem[],
  isPresent: boolean,
): MetadataTarget | undefined {
  if (pair === undefined) return undefined;
  let rewrite: MetadataTarget["rewrite"];
  if (pair.regexValueRewrite !== undefined) {
    if (pair.value !== "" && isPresent) {
      problems.push({ path, message: "value and regex_value_rewrite exclude each other", severity: "error" });
    }
    const compiled = compileRegexSubstitution(pair.regexValueRewrite, `${path}.regex_value_rewrite`);
    if (compiled.ok) rewrite = compiled.value;
    else problems.push(...compiled.problems);
  }
  return {
    namespace:
      pair.metadataNamespace === "" ? "envoy.filters.http.header_to_metadata" : pair.metadataNamespace,
    key: pair.key,
    value: pair.value,
    rewrite,
    type: TYPES[pair.type],
    base64: pair.encode === ValueEncode.BASE64,
  };
}
