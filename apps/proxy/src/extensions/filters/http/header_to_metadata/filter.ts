import {
  FilterHeadersStatus,
  type HeaderMap,
  type HttpFilterFactory,
  PassThroughFilter,
} from "@sluice/extension-api";
import { cookieValue } from "@sluice/matching";
import type { Config } from "@sluice/xds/gen/envoy/extensions/filters/http/header_to_metadata/v3/header_to_metadata_pb.js";
import {
  compileHeaderToMetadata,
  type HeaderToMetadataConfig,
  type MetadataRule,
  type MetadataTarget,
  VALUE_BYTES_MAX,
} from "./config.ts";

class HeaderToMetadataFilter extends PassThroughFilter {
  private readonly config: HeaderToMetadataConfig;

  constructor(config: HeaderToMetadataConfig) {
    super();
    this.config = config;
  }

  override decodeHeaders(headers: HeaderMap): FilterHeadersStatus {
    this.apply((this.decoding.perRouteConfig<HeaderToMetadataConfig>() ?? this.config).request, headers);
    return FilterHeadersStatus.Continue;
  }

  override encodeHeaders(headers: HeaderMap): FilterHeadersStatus {
    this.apply((this.decoding.perRouteConfig<HeaderToMetadataConfig>() ?? this.config).response, headers);
    return FilterHeadersStatus.Continue;
  }

  private apply(rules: readonly MetadataRule[], headers: HeaderMap): void {
    if (rules.length === 0) return;
    const found = new Map<string, Record<string, unknown>>();
    for (const rule of rules) {
      const value = rule.header === "" ? cookieValue(headers, rule.cookie) : headers.getAll(rule.header);
      if (value === undefined) {
        if (rule.onMissing !== undefined) take(found, rule.onMissing, rule.onMissing.value);
        continue;
      }
      if (rule.onPresent !== undefined) {
        const { onPresent } = rule;
        const used = onPresent.value === "" ? (onPresent.rewrite?.(value) ?? value) : onPresent.value;
        take(found, onPresent, used);
      }
      if (rule.remove) headers.remove(rule.header);
    }
    for (const [namespace, fields] of found) this.decoding.streamInfo.setDynamicMetadata(namespace, fields);
  }
}

/** Puts a value where it belongs, unless it is empty, too long or not of its type. */
function take(found: Map<string, Record<string, unknown>>, target: MetadataTarget, text: string): void {
  if (text === "" || text.length > VALUE_BYTES_MAX) return;
  const value = typed(target, target.base64 ? Buffer.from(text, "base64").toString("latin1") : text);
  if (value === undefined) return;
  const fields = found.get(target.namespace) ?? {};
  fields[target.key] = value;
  found.set(target.namespace, fields);
}

function typed(target: MetadataTarget, text: string): unknown {
  if (target.type === "string") return text;
  const number = Number(text);
  return text.trim() !== "" && Number.isFinite(number) ? number : undefined;
}

export const headerToMetadataFactory: HttpFilterFactory<HeaderToMetadataConfig, HeaderToMetadataConfig> = {
  terminal: false,
  compile: (config) => compileHeaderToMetadata(asConfig(config)),
  compilePerRoute: (config) => compileHeaderToMetadata(asConfig(config)),
  create: (config) => new HeaderToMetadataFilter(config),
};

/** The registry hands a factory only messages of its types. */
function asConfig(message: unknown): Config {
  return message as Config;
}
