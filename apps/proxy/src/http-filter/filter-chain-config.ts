import type { FactoryContext, HttpFilterFactory } from "@sluice/extension-api";
import type { MatcherTree } from "@sluice/matching";
import type { WorkerContext } from "../worker/worker-context.ts";

/** What HTTP filter factories of this proxy get: the public context and, for those that live in its rooms, the thread's. */
export interface HttpFactoryContext extends FactoryContext {
  readonly worker: WorkerContext;
  /** `http.<stat_prefix>.`, where HTTP filters put their stats. */
  readonly stats: FactoryContext["stats"];
  /** Where the configuration stands, the same in each worker: what workers share is named after it. */
  readonly place: string;
  /** Called when the configuration is thrown away. */
  onClose(release: () => void): void;
}

/** HTTP filters of this proxy are always compiled with its own context; the public interface of factories does not know it. */
export function asHttpContext(context: FactoryContext): HttpFactoryContext {
  return context as HttpFactoryContext;
}

/** One entry of `http_filters`, compiled. */
export interface HttpFilterConfig {
  /** The entry's name: the key of per-route configuration. */
  readonly name: string;
  readonly factory: HttpFilterFactory;
  readonly config: unknown;
  /** Off unless a route turns it on. */
  readonly disabled: boolean;
}

/** Per-route settings of one filter at one level (route, virtual host, …). */
export interface PerRouteFilterConfig {
  /** `undefined`: only `disabled` was set. */
  readonly config: unknown;
  /** `undefined`: says nothing of it. */
  readonly disabled: boolean | undefined;
  /** Whether a filter with a matcher is left out, in place of what its own matcher says. */
  readonly matcher: MatcherTree<SkipFilter> | undefined;
}

/** What a matched filter's tree answers: the one action is to leave the filter out. */
export interface SkipFilter {
  readonly kind: "skip";
}

/** A level's `typed_per_filter_config`, by filter name. */
export type PerFilterConfigs = ReadonlyMap<string, PerRouteFilterConfig>;

/** What the filter chain reads of a route; `route/` makes it. Levels: least specific first. */
export interface RoutePerFilter {
  readonly levels: readonly PerFilterConfigs[];
}
