import {
  FilterHeadersStatus,
  type HeaderMap,
  type HttpFilterFactory,
  PassThroughFilter,
  refuse,
} from "@sluice/extension-api";
import { cookieValue } from "@sluice/matching";
import type { Config } from "@sluice/xds/gen/envoy/extensions/filters/http/header_to_metadata/v3/header_to_metadata_pb.js";
import { decodeUnpaddedBase64 } from "../../../../http/decode-base64.ts";
import { asHttpContext } from "../../../../http-filter/filter-chain-config.ts";
import {
  compileHeaderToMetadata,
  type HeaderToMetadataConfig,
  type MetadataTarget,
  VALUE_BYTES_MAX,
} from "./config.ts";
import { parseNumber } from "./parse-number.ts";
import { readSerializedValue } from "./serialized-value.ts";
import type { HeaderToMetadataStats } from "./stats.ts";

class HeaderToMetadataFilter extends PassThroughFilter {
  private readonly config: HeaderToMetadataConfig;

  constructor(config: HeaderToMetadataConfig) {
    super();
    this.config = config;
  }

  override decodeHeaders(headers: HeaderMap): FilterHeadersStatus {
    this.apply("request", headers);
    return FilterHeadersStatus.Continue;
  }

  override encodeHeaders(headers: HeaderMap): FilterHeadersStatus {
    this.apply("response", headers);
    return FilterHeadersStatus.Continue;
  }

  private apply(direction: "request" | "response", headers: HeaderMap): void {
    const config = this.decoding.perRouteConfig<HeaderToMetadataConfig>() ?? this.config;
    const { stats } = config;
    const rules = config[direction];
    if (rules.length === 0) return;
    const counts = stats?.[direction];
    const found = new Map<string, Record<string, unknown>>();
    for (const rule of rules) {
      counts?.rulesProcessed.inc();
      // An empty cookie is none, an empty header is one.
      const value =
        rule.header === "" ? cookieValue(headers, rule.cookie) || undefined : headers.getAll(rule.header);
      if (value === undefined) {
        if (rule.onMissing === undefined) continue;
        counts?.headerNotFound.inc();
        if (take(found, rule.onMissing, rule.onMissing.value, stats)) counts?.metadataAdded.inc();
        continue;
      }
      if (rule.onPresent !== undefined) {
        const used = wanted(rule.onPresent, value, stats);
        if (take(found, rule.onPresent, used, stats)) counts?.metadataAdded.inc();
      }
      if (rule.remove) headers.remove(rule.header);
    }
    for (const [namespace, fields] of found) this.decoding.streamInfo.setDynamicMetadata(namespace, fields);
  }
}

/** What is set for a header's value. */
function wanted(target: MetadataTarget, value: string, stats: HeaderToMetadataStats | undefined): string {
  if (target.value !== "") return target.value;
  if (target.rewrite === undefined) return value;
  const rewritten = target.rewrite(value);
  if (rewritten === "" && value !== "") stats?.regexSubstitutionFailed.inc();
  return rewritten;
}

/** Puts a value where it belongs, unless it is empty, too long or not of its type; whether it was put. */
function take(
  found: Map<string, Record<string, unknown>>,
  target: MetadataTarget,
  text: string,
  stats: HeaderToMetadataStats | undefined,
): boolean {
  if (text === "") return false;
  if (text.length >= VALUE_BYTES_MAX) {
    stats?.headerValueTooLong.inc();
    return false;
  }
  let decoded: string | undefined = text;
  if (target.base64) {
    const bytes = decodeUnpaddedBase64(text);
    decoded = bytes && Buffer.from(bytes).toString("latin1");
    if (decoded === undefined) stats?.base64DecodeFailed.inc();
  }
  const value = decoded === undefined ? undefined : typed(target, decoded);
  if (value === undefined) return false;
  const fields = found.get(target.namespace) ?? {};
  fields[target.key] = value;
  found.set(target.namespace, fields);
  return true;
}

function typed(target: MetadataTarget, text: string): unknown {
  if (target.type === "string") return text;
  if (target.type === "protobuf") return readSerializedValue(Buffer.from(text, "latin1"));
  return parseNumber(text);
}

export const headerToMetadataFactory: HttpFilterFactory<HeaderToMetadataConfig, HeaderToMetadataConfig> = {
  terminal: false,
  compile: (config, context) =>
    compileHeaderToMetadata(asConfig(config), asHttpContext(context).worker.stats),
  compilePerRoute: (config, context) => {
    const { requestRules, responseRules } = asConfig(config);
    if (requestRules.length + responseRules.length > 0)
      return compileHeaderToMetadata(asConfig(config), asHttpContext(context).worker.stats);
    const message = "request_rules or response_rules are required";
    return refuse("", message);
  },
  create: (config) => new HeaderToMetadataFilter(config),
};

/** The registry hands a factory only messages of its types. */
function asConfig(message: unknown): Config {
  return message as Config;
}
