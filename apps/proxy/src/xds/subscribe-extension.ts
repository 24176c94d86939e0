import type { Any } from "@bufbuild/protobuf/wkt";
import type { Compiled, Problem, StatsScope } from "@sluice/extension-api";
import type { ExtensionConfigSource } from "@sluice/xds/gen/envoy/config/core/v3/config_source_pb.js";
import { leaseContext } from "../worker/lease-context.ts";
import type { WorkerContext } from "../worker/worker-context.ts";
import { type ExtensionKind, extensionKey } from "./extension-reference.ts";

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
  { configSource, defaultConfig, typeUrls }: ExtensionConfigSource,
  { kind, name, worker, path, onClose, compile }: ExtensionUse<T>,
): Compiled<{ current: T | undefined }> {
  const compileLeased = (any: Any, at: string, onClosed: (release: () => void) => void): Compiled<T> => {
    const leased = leaseContext(worker);
    onClosed(() => leased.release());
    return compile(any, at, { worker: leased.context, scopeAt: leased.scopeAt, onClose: onClosed });
  };
  const problems: Problem[] = [];
  let byDefault: T | undefined;
  if (defaultConfig !== undefined) {
    const allowed = typeUrls.map(typeNameIn);
    const type = typeNameIn(defaultConfig.typeUrl);
    const at = `${path}.default_config`;
    if (!allowed.includes(type)) {
      const message = `Error: filter config has type URL ${type} but expect ${allowed.join(", ")}.`;
      problems.push({ path: at, message, severity: "error" });
    }
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
    if (any === undefined) {
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

const typeNameIn = (url: string): string => url.slice(url.lastIndexOf("/") + 1);
