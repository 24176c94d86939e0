import type { Any } from "@bufbuild/protobuf/wkt";
import {
  type Compiled,
  type HttpFilterManifest,
  type Problem,
  refuse,
  type StatsScope,
} from "@sluice/extension-api";
import { typeNameOf, unpackAny } from "@sluice/xds/any";
import type { ExtensionConfigSource } from "@sluice/xds/gen/envoy/config/core/v3/config_source_pb.js";
import type { HttpFilter } from "@sluice/xds/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { compileExtension } from "../registry/compile-extension.ts";
import { subscribeExtension } from "../worker/subscribe-extension.ts";
import type { WorkerContext } from "../worker/worker-context.ts";
import { compileMatchedFilter, EXTENSION_WITH_MATCHER, innerFilterType } from "./compile-matched-filter.ts";
import { type DiscoveredFilterConfig, DiscoveredFilterFactory } from "./discovered-filter.ts";
import type { HttpFilterConfig } from "./filter-chain-config.ts";
import { httpFactoryContext } from "./http-factory-context.ts";

export interface FilterChainUse {
  readonly worker: WorkerContext;
  /** `http.<stat_prefix>.`, or `cluster.<name>.` */
  readonly stats: StatsScope;
  readonly listenerName: string;
  /** The filters stand before an upstream. */
  readonly upstream: boolean;
  /** Called when the chain is thrown away. */
  onClose(release: () => void): void;
}

/** Compiles the filters that stand before an upstream. `stats`: `cluster.<name>.` */
export type CompileUpstreamFilters = (
  filters: readonly HttpFilter[],
  path: string,
  stats: StatsScope,
  onClose: FilterChainUse["onClose"],
) => Compiled<readonly HttpFilterConfig[]>;

export const upstreamFilterCompiler =
  (worker: WorkerContext): CompileUpstreamFilters =>
  (filters, path, stats, onClose) =>
    compileHttpFilters(filters, path, { worker, stats, listenerName: stats.prefix, upstream: true, onClose });

/** `http_filters`: every problem, and Envoy's words on a chain that does not end in a terminal filter. */
export function compileHttpFilters(
  filters: readonly HttpFilter[],
  path: string,
  use: FilterChainUse,
): Compiled<readonly HttpFilterConfig[]> {
  const problems: Problem[] = [];
  const chain: HttpFilterConfig[] = [];
  for (const [i, filter] of filters.entries()) {
    if (filter.disabled && i === filters.length - 1) {
      const message = `Error: the last (terminal) filter (${filter.name}) in the chain cannot be disabled by default.`;
      problems.push({ path: `${path}[${i}].disabled`, message, severity: "error" });
    }
    if (filter.isOptional && !isKnown(filter, use.worker)) continue;
    const one = compileHttpFilter(filter, `${path}[${i}]`, i === filters.length - 1, use);
    if (one.ok) chain.push(one.value);
    else problems.push(...one.problems);
  }
  if (problems.length === 0) {
    for (const [i, { factory, name }] of chain.entries()) {
      const last = i === chain.length - 1;
      if (factory.terminal === last) continue;
      problems.push({ path: `${path}[${i}]`, message: terminalProblem(name, last), severity: "error" });
    }
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: chain };
}

/** Envoy's words for a filter that stands at the wrong place. */
const terminalProblem = (name: string, last: boolean): string =>
  last
    ? `Error: non-terminal filter named ${name} is the last filter in a http filter chain.`
    : `Error: terminal filter named ${name} must be the last filter in a http filter chain.`;

/** Whether this build has the filter: an optional one that it has not, or that has no type, is left out. */
function isKnown(filter: HttpFilter, worker: WorkerContext): boolean {
  if (filter.configType.case !== "typedConfig") return filter.configType.case === "configDiscovery";
  const any = filter.configType.value;
  const type = innerFilterType(any) ?? typeNameOf(any);
  return worker.extensions.find("envoy.filters.http", type) !== undefined;
}

function compileHttpFilter(
  filter: HttpFilter,
  path: string,
  isLast: boolean,
  use: FilterChainUse,
): Compiled<HttpFilterConfig> {
  if (filter.configType.case === "configDiscovery") {
    return compileDiscovered(filter, filter.configType.value, `${path}.config_discovery`, isLast, use);
  }
  if (filter.configType.case !== "typedConfig") return refuse(path, `${filter.name} needs a typed_config`);
  const { name } = filter;
  const at = `${path}.typed_config`;
  const compiled = compileConfig(name, filter.configType.value, at, use);
  return compiled.ok ? { ok: true, value: { ...compiled.value, disabled: filter.disabled } } : compiled;
}

/** ECDS: the entry's configuration is whatever its name stands for at its source. */
function compileDiscovered(
  { name, disabled }: HttpFilter,
  source: ExtensionConfigSource,
  path: string,
  isLast: boolean,
  use: FilterChainUse,
): Compiled<HttpFilterConfig> {
  const holder: Compiled<DiscoveredFilterConfig> = subscribeExtension(source, {
    kind: use.upstream ? "upstream_http" : "http",
    name,
    worker: use.worker,
    path,
    onClose: (release) => use.onClose(release),
    compile: (any, at, { worker, scopeAt, onClose }) => {
      const here = { ...use, worker, stats: scopeAt(use.stats.prefix), onClose };
      const compiled = compileConfig(name, any, at, here);
      if (!compiled.ok || compiled.value.factory.terminal === isLast) return compiled;
      return refuse(at, terminalProblem(name, isLast));
    },
  });
  if (!holder.ok) return holder;
  return {
    ok: true,
    value: { name, factory: new DiscoveredFilterFactory(isLast), config: holder.value, disabled },
  };
}

/** A filter's configuration, with or without a matcher before it. `path`: of the Any. */
function compileConfig(
  name: string,
  any: Any,
  path: string,
  use: FilterChainUse,
): Compiled<HttpFilterConfig> {
  const { worker, stats, listenerName, upstream } = use;
  const unpacked = unpackAny(any);
  if (!unpacked.ok) return refuse(path, unpacked.message);
  if (unpacked.typeName === EXTENSION_WITH_MATCHER) {
    return compileMatchedFilter(unpacked.message, path, worker, (inner, at) =>
      compileConfig(name, inner, at, use),
    );
  }
  const extension = worker.extensions.find("envoy.filters.http", unpacked.typeName);
  if (extension === undefined) {
    // Without the Any's own field, as the filter itself is what is not there.
    return refuse(path.replace(/\.typed_config$/, ""), `${name} (${unpacked.typeName}) is not implemented`);
  }
  const place = placeProblem(extension.manifest, name, upstream);
  if (place !== undefined) return refuse(path, place);
  const where = `${listenerName} ${stats.prefix} ${path}`;
  const { manifest, factory } = extension;
  const compiled = compileExtension(unpacked, manifest, path, (message) =>
    factory.compile(message, httpFactoryContext(worker, stats, where, use.onClose)),
  );
  return compiled.ok
    ? { ok: true, value: { name, factory, config: compiled.value, disabled: false } }
    : compiled;
}

function placeProblem({ upstream }: HttpFilterManifest, name: string, wanted: boolean): string | undefined {
  if (wanted && upstream === undefined) return `${name} may not stand before an upstream`;
  return !wanted && upstream === "only" ? `${name} may only stand before an upstream` : undefined;
}
