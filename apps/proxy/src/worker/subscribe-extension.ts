import type { Any } from "@bufbuild/protobuf/wkt";
import type { Compiled, Problem, StatsScope } from "@sluice/extension-api";
import { typeNameOf } from "@sluice/xds/any";
import type { ExtensionConfigSource } from "@sluice/xds/gen/envoy/config/core/v3/config_source_pb.js";
import { type ExtensionKind, extensionKey, wrongType } from "../xds/extension-reference.ts";
import { leaseContext } from "./lease-context.ts";
import type { WorkerContext } from "./worker-context.ts";

/** What one configuration of the filter is compiled with: its stats last as long as it does. */
export interface ExtensionPlace {
  readonly worker: WorkerContext;
  /** The scope with this prefix. */
  scopeAt(prefix: string): StatsScope;
  /** Called when it is thrown away, which may be before the rest. */
  onClose(release: () => void): void;
}

export interface ExtensionUse<T> {
  readonly kind: ExtensionKind;
  /** The filter's, and the resource's. */
  readonly name: string;
  readonly worker: WorkerContext;
  /** Where the `config_discovery` stands. */
  readonly path: string;
  onClose(release: () => void): void;
  compile(any: Any, path: string, place: ExtensionPlace): Compiled<T>;
}

/** Connections that began under an earlier configuration keep it; what it subscribed to and counts stays alive that many changes long. */
const GENERATIONS_MAX = 8;

/** The current configuration of a filter that ECDS brings, compiled; until it has come, the default one, if there is one. */
export function subscribeExtension<T>(
  { configSource, defaultConfig, applyDefaultConfigWithoutWarming, typeUrls }: ExtensionConfigSource,
  { kind, name, worker, path, onClose, compile }: ExtensionUse<T>,
): Compiled<{ current: T | undefined }> {
  const compileLeased = (any: Any, at: string, onClosed: (release: () => void) => void): Compiled<T> => {
    const leased = leaseContext(worker);
    onClosed(() => leased.release());
    return compile(any, at, { worker: leased.context, scopeAt: leased.scopeAt, onClose: onClosed });
  };
  const problems: Problem[] = [];
  const refuse = (at: string, message: string): void => {
    problems.push({ path: at, message, severity: "error" });
  };
  for (const [index, type] of typeUrls.map(typeNameOf).entries()) {
    if (isKnown(kind, type, worker)) continue;
    refuse(`${path}.type_urls[${index}]`, `Error: no factory found for a required type URL ${type}.`);
  }
  if (applyDefaultConfigWithoutWarming && defaultConfig === undefined) {
    const message = `Error: filter config ${name} applied without warming but has no default config.`;
    refuse(`${path}.apply_default_config_without_warming`, message);
  }
  let byDefault: T | undefined;
  if (defaultConfig !== undefined) {
    const at = `${path}.default_config`;
    const wrong = wrongType(defaultConfig, typeUrls);
    if (wrong !== undefined) refuse(at, wrong);
    const compiled = compileLeased(defaultConfig, at, onClose);
    if (compiled.ok) byDefault = compiled.value;
    else problems.push(...compiled.problems);
  }
  if (problems.length > 0) return { ok: false, problems };
  const holder = { current: byDefault };
  const generations: (() => void)[][] = [];
  const closeOldest = (): void => {
    for (const release of generations.shift() ?? []) release();
  };
  const stop = worker.extensionConfigs.subscribe(extensionKey(kind, configSource, name), (update) => {
    const any = update?.typedConfig;
    // What another place takes may be none of this one's types; the main thread has counted the conflict.
    if (any === undefined || wrongType(any, typeUrls) !== undefined) {
      holder.current = byDefault;
      return;
    }
    const releases: (() => void)[] = [];
    const compiled = compileLeased(any, path, (release) => releases.push(release));
    if (!compiled.ok) {
      for (const release of releases) release();
      for (const each of compiled.problems)
        worker.log.warn(`filter configuration ${name}: ${each.path}: ${each.message}`);
      return;
    }
    holder.current = compiled.value;
    generations.push(releases);
    if (generations.length > GENERATIONS_MAX) closeOldest();
  });
  onClose(() => {
    stop();
    while (generations.length > 0) closeOldest();
  });
  return { ok: true, value: holder };
}

const EXTENSION_WITH_MATCHER = "envoy.extensions.common.matching.v3.ExtensionWithMatcher";

const CATEGORIES = {
  http: "envoy.filters.http",
  upstream_http: "envoy.filters.http",
  network: "envoy.filters.network",
  listener: "envoy.filters.listener",
} as const;

/** Whether there is a filter of that configuration for such a place. */
function isKnown(kind: ExtensionKind, type: string, { extensions }: WorkerContext): boolean {
  const category = CATEGORIES[kind];
  if (category === "envoy.filters.http" && type === EXTENSION_WITH_MATCHER) return true;
  const manifest = extensions.find(category, type)?.manifest;
  return manifest !== undefined && (kind !== "upstream_http" || "upstream" in manifest);
}
