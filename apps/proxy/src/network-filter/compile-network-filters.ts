import type { Any } from "@bufbuild/protobuf/wkt";
import { type Compiled, type Problem, refuse } from "@sluice/extension-api";
import { unpackAny } from "@sluice/xds/any";
import type { ExtensionConfigSource } from "@sluice/xds/gen/envoy/config/core/v3/config_source_pb.js";
import type { Filter } from "@sluice/xds/gen/envoy/config/listener/v3/listener_components_pb.js";
import { compileExtension } from "../registry/compile-extension.ts";
import { subscribeExtension } from "../worker/subscribe-extension.ts";
import { discoveredNetworkFactory } from "./discovered-network-filter.ts";
import { contextAt, type NetworkFactoryContext, type NetworkFilterEntry } from "./network-factory-context.ts";

interface CompiledFilter {
  readonly entry: NetworkFilterEntry;
  readonly type: string;
}

/** `FilterChain.filters`; a chain without filters is allowed and closes its connections. `path` ends with `filters`. */
export function compileNetworkFilters(
  filters: readonly Filter[],
  path: string,
  context: NetworkFactoryContext,
): Compiled<readonly NetworkFilterEntry[]> {
  const problems: Problem[] = [];
  const entries: NetworkFilterEntry[] = [];
  filters.forEach((filter, index) => {
    const at = `${path}[${index}]`;
    const isLast = index === filters.length - 1;
    const compiled = compileFilter(filter, at, isLast, context);
    if (!compiled.ok) {
      problems.push(...compiled.problems);
      return;
    }
    const { entry, type } = compiled.value;
    const problem = terminalProblem(filter.name, type, entry.factory.terminal, isLast, "network");
    if (problem === undefined) entries.push(entry);
    else problems.push({ path: at, message: problem, severity: "error" });
  });
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: entries };
}

/** Envoy's words for a filter that stands at the wrong place. */
function terminalProblem(
  name: string,
  type: string,
  terminal: boolean,
  last: boolean,
  kind: string,
): string | undefined {
  if (terminal === last) return undefined;
  return terminal
    ? `Error: terminal filter named ${name} of type ${type} must be the last filter in a ${kind} filter chain.`
    : `Error: non-terminal filter named ${name} of type ${type} is the last filter in a ${kind} filter chain.`;
}

function compileFilter(
  filter: Filter,
  at: string,
  isLast: boolean,
  context: NetworkFactoryContext,
): Compiled<CompiledFilter> {
  if (filter.configType.case === "configDiscovery")
    return compileDiscovered(filter.name, filter.configType.value, `${at}.config_discovery`, isLast, context);
  if (filter.configType.case !== "typedConfig") return refuse(at, `${filter.name} needs a typed_config`);
  return compileConfig(filter.name, filter.configType.value, `${at}.typed_config`, context);
}

/** ECDS: connections begin with whatever the name stands for at its source. */
function compileDiscovered(
  name: string,
  source: ExtensionConfigSource,
  path: string,
  isLast: boolean,
  context: NetworkFactoryContext,
): Compiled<CompiledFilter> {
  const holder = subscribeExtension(source, {
    kind: "network",
    name,
    worker: context.worker,
    path,
    onClose: (release) => context.onClose(release),
    compile: (any, at, place) => {
      const compiled = compileConfig(name, any, at, contextAt(place, context));
      return compiled.ok ? { ok: true, value: compiled.value.entry } : compiled;
    },
  });
  if (!holder.ok) return holder;
  const missing = context.listenerStats.counter("network_extension_config_missing");
  const entry = { factory: discoveredNetworkFactory(isLast), config: { holder: holder.value, missing } };
  return { ok: true, value: { entry, type: name } };
}

function compileConfig(
  name: string,
  any: Any,
  here: string,
  context: NetworkFactoryContext,
): Compiled<CompiledFilter> {
  const at = here.replace(/\.typed_config$/, "");
  const unpacked = unpackAny(any);
  if (!unpacked.ok) return refuse(here, unpacked.message);
  const extension = context.worker.extensions.find("envoy.filters.network", unpacked.typeName);
  if (extension === undefined) return refuse(at, `${name} (${unpacked.typeName}) is not implemented`);
  const { manifest, factory } = extension;
  const compiled = compileExtension(unpacked, manifest, here, (message) => factory.compile(message, context));
  if (!compiled.ok) return compiled;
  return { ok: true, value: { entry: { factory, config: compiled.value }, type: manifest.name } };
}
