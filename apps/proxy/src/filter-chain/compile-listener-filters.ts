import { create } from "@bufbuild/protobuf";
import { type Any, anyPack } from "@bufbuild/protobuf/wkt";
import { type Compiled, type ListenerFilter, type Problem, refuse } from "@sluice/extension-api";
import { unpackAny } from "@sluice/xds/any";
import type {
  ListenerFilterChainMatchPredicate,
  ListenerFilter as ListenerFilterConfig,
} from "@sluice/xds/gen/envoy/config/listener/v3/listener_components_pb.js";
import type { Listener } from "@sluice/xds/gen/envoy/config/listener/v3/listener_pb.js";
import { ProxyProtocolSchema } from "@sluice/xds/gen/envoy/extensions/filters/listener/proxy_protocol/v3/proxy_protocol_pb.js";
import { contextAt, type NetworkFactoryContext } from "../network-filter/network-factory-context.ts";
import { compileExtension } from "../registry/compile-extension.ts";
import type { ExtensionRegistry } from "../registry/extension-registry.ts";
import { subscribeExtension } from "../worker/subscribe-extension.ts";
import { type CompiledListenerFilter, DISCOVERED_LISTENER_FILTER } from "./discovered-listener-filter.ts";

const CATEGORY = "envoy.filters.listener";
const PROXY_PROTOCOL = "envoy.filters.listener.proxy_protocol";

/** Known ones that cannot be built, with the reason. */
const IMPOSSIBLE: Readonly<Record<string, string>> = {
  "envoy.extensions.filters.listener.original_dst.v3.OriginalDst":
    "the address before a redirection (SO_ORIGINAL_DST) cannot be read from Node sockets",
  "envoy.extensions.filters.listener.original_src.v3.OriginalSrc":
    "connections from foreign addresses (IP_TRANSPARENT) cannot be made with Node sockets",
};

/** One filter of a listener, compiled. */
export interface ListenerFilterEntry extends CompiledListenerFilter {
  /** By the port that was connected to; undefined: never. */
  readonly disabled: ((destinationPort: number) => boolean) | undefined;
}

/**
 * `listener_filters`, and behind them what the first chain's older `use_proxy_proto` asks for. No other is added by itself, also
 * where chains match on what only an inspector finds out.
 */
export function compileListenerFilters(
  listener: Listener,
  extensions: ExtensionRegistry,
  context: NetworkFactoryContext,
): Compiled<readonly ListenerFilterEntry[]> {
  const problems: Problem[] = [];
  const entries: ListenerFilterEntry[] = [];
  listener.listenerFilters.forEach((filter, index) => {
    const compiled = compileOne(filter, `listener_filters[${index}]`, extensions, context);
    if (!compiled.ok) problems.push(...compiled.problems);
    else entries.push(compiled.value);
  });
  if ((listener.filterChains[0] ?? listener.defaultFilterChain)?.useProxyProto === true) {
    const any = anyPack(ProxyProtocolSchema, create(ProxyProtocolSchema));
    const compiled = compileConfig(
      PROXY_PROTOCOL,
      any,
      "filter_chains[0].use_proxy_proto",
      extensions,
      context,
    );
    if (!compiled.ok) problems.push(...compiled.problems);
    else entries.push({ ...compiled.value, disabled: undefined });
  }
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, value: entries };
}

export function createListenerFilters(
  entries: readonly ListenerFilterEntry[],
  destinationPort: number,
): readonly ListenerFilter[] {
  const filters: ListenerFilter[] = [];
  for (const { factory, config, disabled } of entries) {
    if (disabled === undefined || !disabled(destinationPort)) filters.push(factory.create(config));
  }
  return filters;
}

function compileOne(
  filter: ListenerFilterConfig,
  path: string,
  extensions: ExtensionRegistry,
  context: NetworkFactoryContext,
): Compiled<ListenerFilterEntry> {
  const disabled = filter.filterDisabled === undefined ? undefined : compilePredicate(filter.filterDisabled);
  if (filter.configType.case === "configDiscovery") {
    const { worker } = context;
    const holder = subscribeExtension(filter.configType.value, {
      kind: "listener",
      name: filter.name,
      worker,
      path: `${path}.config_discovery`,
      onClose: (release) => context.onClose(release),
      compile: (any, at, place) => compileConfig(filter.name, any, at, extensions, contextAt(place, context)),
    });
    if (!holder.ok) return holder;
    const missing = context.listenerStats.counter("extension_config_missing");
    const config = { holder: holder.value, missing };
    return { ok: true, value: { factory: DISCOVERED_LISTENER_FILTER, config, disabled } };
  }
  if (filter.configType.case !== "typedConfig") return refuse(path, `${filter.name} needs a typed_config`);
  const compiled = compileConfig(
    filter.name,
    filter.configType.value,
    `${path}.typed_config`,
    extensions,
    context,
  );
  return compiled.ok ? { ok: true, value: { ...compiled.value, disabled } } : compiled;
}

function compileConfig(
  name: string,
  any: Any,
  here: string,
  extensions: ExtensionRegistry,
  context: NetworkFactoryContext,
): Compiled<CompiledListenerFilter> {
  const path = here.replace(/\.typed_config$/, "");
  const unpacked = unpackAny(any);
  if (!unpacked.ok) return refuse(here, unpacked.message);
  const extension = extensions.find(CATEGORY, unpacked.typeName);
  if (extension === undefined) {
    const reason = IMPOSSIBLE[unpacked.typeName];
    const why = reason === undefined ? "" : `: ${reason}`;
    return refuse(path, `${name} (${unpacked.typeName}) is not implemented${why}`);
  }
  const { manifest, factory } = extension;
  const compiled = compileExtension(unpacked, manifest, here, (message) => factory.compile(message, context));
  return compiled.ok ? { ok: true, value: { factory, config: compiled.value } } : compiled;
}

/** `ListenerFilterChainMatchPredicate`; the API's rules see to it that it is whole. */
function compilePredicate(
  predicate: ListenerFilterChainMatchPredicate,
): (destinationPort: number) => boolean {
  const { rule } = predicate;
  switch (rule.case) {
    case "orMatch": {
      const rules = rule.value.rules.map(compilePredicate);
      return (port) => rules.some((one) => one(port));
    }
    case "andMatch": {
      const rules = rule.value.rules.map(compilePredicate);
      return (port) => rules.every((one) => one(port));
    }
    case "notMatch": {
      const inner = compilePredicate(rule.value);
      return (port) => !inner(port);
    }
    case "destinationPortRange": {
      const { start, end } = rule.value;
      return (port) => port >= start && port < end;
    }
    default:
      return () => rule.case === "anyMatch";
  }
}
