import { isUtf8 } from "node:buffer";
import {
  type Compiled,
  type Counter,
  type FactoryContext,
  type ListenerFilter,
  type ListenerFilterCallbacks,
  type ListenerFilterFactory,
  ListenerFilterStatus,
  refuse,
} from "@sluice/extension-api";
import {
  ProxyProtocolPassThroughTLVs_PassTLVsMatchType as PassMatch,
  ProxyProtocolConfig_Version,
} from "@sluice/xds/gen/envoy/config/core/v3/proxy_protocol_pb.js";
import {
  ProxyProtocol_KeyValuePair_ValueStringEncoding as Encoding,
  type ProxyProtocol,
  ProxyProtocol_TlvLocation,
} from "@sluice/xds/gen/envoy/extensions/filters/listener/proxy_protocol/v3/proxy_protocol_pb.js";
import {
  PROXY_PROTOCOL_STATE,
  type ProxyProtocolState,
} from "../../../../connection/proxy-protocol-state.ts";
import {
  PROXY_HEADER_BYTES_MAX,
  type ProxyHeader,
  readProxyHeader,
  readRequiredHeader,
  type Tlv,
} from "./proxy-header.ts";

/** Where metadata goes whose rule names no namespace. */
const METADATA_NAMESPACE = "envoy.filters.listener.proxy_protocol";
/** Filter state: TLVs by the keys of the rules. */
const TLV_KEY = "envoy.network.proxy_protocol.tlv";

interface VersionStats {
  readonly found: Counter;
  readonly disallowed: Counter;
  readonly error: Counter;
}

interface TlvRule {
  readonly namespace: string;
  readonly key: string;
  readonly encoding: Encoding;
}

interface ProxyProtocolConfig {
  readonly optional: boolean;
  readonly allowed: readonly (1 | 2)[];
  readonly rules: ReadonlyMap<number, TlvRule>;
  readonly toFilterState: boolean;
  /** Undefined: none; `all`, or those of these types. */
  readonly passes: ReadonlySet<number> | "all" | undefined;
  readonly versions: Readonly<Record<1 | 2, VersionStats>>;
  /** Whatever the reason. */
  readonly errors: Counter;
  readonly notFoundAllowed: Counter;
  readonly notFoundDisallowed: Counter;
}

const VERSIONS = [
  [1, ProxyProtocolConfig_Version.V1],
  [2, ProxyProtocolConfig_Version.V2],
] as const;

class ProxyProtocolFilter implements ListenerFilter {
  readonly readBytesMax = PROXY_HEADER_BYTES_MAX + 1;
  private readonly config: ProxyProtocolConfig;
  private callbacks: ListenerFilterCallbacks | undefined = undefined;

  constructor(config: ProxyProtocolConfig) {
    this.config = config;
  }

  onAccept(callbacks: ListenerFilterCallbacks): ListenerFilterStatus {
    this.callbacks = callbacks;
    return ListenerFilterStatus.StopIteration;
  }

  onData(bytes: Uint8Array): ListenerFilterStatus {
    const { config, callbacks } = this;
    if (callbacks === undefined) return ListenerFilterStatus.Continue;
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    // Where headers may be missing, one of another version is taken for data.
    const result = config.optional ? readProxyHeader(buffer, config.allowed) : readRequiredHeader(buffer);
    switch (result.state) {
      case "more":
        return ListenerFilterStatus.StopIteration;
      case "absent":
        if (config.optional) {
          config.notFoundAllowed.inc();
          return ListenerFilterStatus.Continue;
        }
        config.notFoundDisallowed.inc();
        config.errors.inc();
        callbacks.close("no PROXY header");
        return ListenerFilterStatus.StopIteration;
      case "malformed":
        if (!config.allowed.includes(result.version)) return this.disallow(result.version, callbacks);
        config.versions[result.version].error.inc();
        config.errors.inc();
        callbacks.close("malformed PROXY header");
        return ListenerFilterStatus.StopIteration;
      case "found":
        if (!config.allowed.includes(result.header.version))
          return this.disallow(result.header.version, callbacks);
        return this.onHeader(result.header, callbacks);
    }
  }

  private disallow(version: 1 | 2, callbacks: ListenerFilterCallbacks): ListenerFilterStatus {
    const stats = this.config.versions[version];
    stats.found.inc();
    stats.disallowed.inc();
    callbacks.close("PROXY header of a disallowed version");
    return ListenerFilterStatus.StopIteration;
  }

  private onHeader(header: ProxyHeader, callbacks: ListenerFilterCallbacks): ListenerFilterStatus {
    const { config } = this;
    config.versions[header.version].found.inc();
    callbacks.drain(header.bytes);
    const { accepted, streamInfo } = callbacks;
    if (header.source !== undefined && header.destination !== undefined) {
      accepted.remoteAddress = header.source;
      accepted.localAddress = header.destination;
    }
    const { passes } = config;
    const state: ProxyProtocolState = {
      version: header.version,
      sourceAddress: header.source,
      destinationAddress: header.destination,
      tlvs: header.tlvs.filter(({ type }) => passes === "all" || passes?.has(type) === true),
    };
    streamInfo.filterState.set(PROXY_PROTOCOL_STATE, state);
    this.applyRules(header.tlvs, callbacks);
    return ListenerFilterStatus.Continue;
  }

  private applyRules(tlvs: readonly Tlv[], { streamInfo }: ListenerFilterCallbacks): void {
    const { rules, toFilterState } = this.config;
    let state: Record<string, string> | undefined;
    for (const { type, value } of tlvs) {
      const rule = rules.get(type);
      if (rule === undefined) continue;
      const text = textOf(value, rule.encoding);
      if (toFilterState) {
        state ??= {};
        state[rule.key] = text;
      } else streamInfo.setDynamicMetadata(rule.namespace, { [rule.key]: text });
    }
    if (state !== undefined) streamInfo.filterState.set(TLV_KEY, state);
  }
}

/** A binary string, in which where that is asked for what is not UTF-8 is `!`; or base64. */
function textOf(value: Buffer, encoding: Encoding): string {
  if (encoding === Encoding.BASE64) return value.toString("base64");
  if (encoding !== Encoding.SANITIZED_UTF8 || isUtf8(value)) return value.toString("latin1");
  return Buffer.from(value.toString("utf8").replaceAll("\ufffd", "!")).toString("latin1");
}

function compile(config: ProxyProtocol, context: FactoryContext): Compiled<ProxyProtocolConfig> {
  const root = context.stats.scope("proxy_proto");
  const scope = config.statPrefix === "" ? root : root.scope(config.statPrefix);
  const version = (name: string): VersionStats => {
    const stats = scope.scope("versions").scope(name);
    return {
      found: stats.counter("found"),
      disallowed: stats.counter("disallowed"),
      error: stats.counter("error"),
    };
  };
  const rules = new Map<number, TlvRule>();
  for (const { tlvType, onTlvPresent } of config.rules) {
    rules.set(tlvType, {
      namespace: onTlvPresent?.metadataNamespace || METADATA_NAMESPACE,
      key: onTlvPresent?.key ?? "",
      encoding: onTlvPresent?.valueStringEncoding ?? Encoding.UNSPECIFIED,
    });
  }
  const allowed = VERSIONS.filter(([, version]) => !config.disallowedVersions.includes(version)).map(
    ([version]) => version,
  );
  if (allowed.length === 0) {
    const message = "there is no version that is allowed";
    return refuse("disallowed_versions", message);
  }
  const pass = config.passThroughTlvs;
  const all = pass?.matchType === PassMatch.INCLUDE_ALL;
  return {
    ok: true,
    value: {
      optional: config.allowRequestsWithoutProxyProtocol,
      allowed,
      rules,
      toFilterState: config.tlvLocation === ProxyProtocol_TlvLocation.FILTER_STATE,
      passes: pass === undefined ? undefined : all ? "all" : new Set(pass.tlvType),
      versions: { 1: version("v1"), 2: version("v2") },
      errors: context.stats.counter("downstream_cx_proxy_proto_error"),
      notFoundAllowed: scope.counter("not_found_allowed"),
      notFoundDisallowed: scope.counter("not_found_disallowed"),
    },
  };
}

export const proxyProtocolFactory: ListenerFilterFactory<ProxyProtocolConfig> = {
  compile: (message, context) => compile(asConfig(message), context),
  create: (config) => new ProxyProtocolFilter(config),
};

/** The registry hands a factory only messages of its `configTypes`. */
function asConfig(message: unknown): ProxyProtocol {
  return message as ProxyProtocol;
}
