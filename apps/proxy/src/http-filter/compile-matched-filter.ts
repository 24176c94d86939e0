import type { Any } from "@bufbuild/protobuf/wkt";
import { type Compiled, type HttpFilterFactory, type Problem, refuse } from "@sluice/extension-api";
import { compileMatcher, type MatcherTree } from "@sluice/matching";
import { typeNameOf, unpackAny } from "@sluice/xds/any";
import type {
  ExtensionWithMatcher,
  ExtensionWithMatcherPerRoute,
} from "@sluice/xds/gen/envoy/extensions/common/matching/v3/extension_matcher_pb.js";
import { HTTP_MATCHING } from "../cel/cel-matching.ts";
import type { WorkerContext } from "../worker/worker-context.ts";
import type { HttpFilterConfig, SkipFilter } from "./filter-chain-config.ts";
import { MatchedFilter, type MatchedFilterConfig, SKIP_FILTER } from "./matched-filter.ts";

export const EXTENSION_WITH_MATCHER = "envoy.extensions.common.matching.v3.ExtensionWithMatcher";
export const EXTENSION_WITH_MATCHER_PER_ROUTE = `${EXTENSION_WITH_MATCHER}PerRoute`;
const SKIP = "type.googleapis.com/envoy.extensions.filters.common.matcher.action.v3.SkipFilter";

/**
 * A filter behind a matcher. `compileInner` compiles the filter's own configuration as if it stood in the chain by itself;
 * `path`: of the ExtensionWithMatcher.
 */
export function compileMatchedFilter(
  message: unknown,
  path: string,
  worker: WorkerContext,
  compileInner: (any: Any, path: string) => Compiled<HttpFilterConfig>,
): Compiled<HttpFilterConfig> {
  const problems: Problem[] = [];
  const { matcher, xdsMatcher, extensionConfig } = asExtensionWithMatcher(message);
  const at = xdsMatcher === undefined ? `${path}.matcher` : `${path}.xds_matcher`;
  const wanted = xdsMatcher ?? matcher;
  const tree: Compiled<MatcherTree<SkipFilter> | undefined> =
    wanted === undefined ? { ok: true, value: undefined } : compileTree(wanted, at);
  if (!tree.ok) problems.push(...tree.problems);
  const any = extensionConfig?.typedConfig;
  const inner: Compiled<HttpFilterConfig> =
    any === undefined
      ? refuse(`${path}.extension_config`, "is required")
      : compileInner(any, `${path}.extension_config.typed_config`);
  if (!inner.ok) problems.push(...inner.problems);
  if (problems.length > 0 || !tree.ok || !inner.ok) return { ok: false, problems };
  const { factory, config } = inner.value;
  const matched: MatchedFilterConfig = { tree: tree.value, factory, config, runtime: worker.runtime };
  return { ok: true, value: { ...inner.value, config: matched, factory: matchedFactory(factory.terminal) } };
}

/** `path`: of the ExtensionWithMatcherPerRoute. */
export function compileRouteMatcher(message: unknown, path: string): Compiled<MatcherTree<SkipFilter>> {
  return compileTree(asPerRoute(message).xdsMatcher, `${path}.xds_matcher`);
}

function compileTree(
  matcher: ExtensionWithMatcher["xdsMatcher"] | ExtensionWithMatcher["matcher"],
  path: string,
): Compiled<MatcherTree<SkipFilter>> {
  return compileMatcher<SkipFilter>(matcher ?? { matcherType: { case: undefined } }, path, {
    ...HTTP_MATCHING,
    keepMatching: false,
    action: (config, where) => {
      const type = config.typedConfig?.typeUrl ?? "";
      if (type === SKIP) return { ok: true, value: SKIP_FILTER };
      const message = `action ${type === "" ? config.name : type} is not implemented`;
      return refuse(where, message);
    },
  });
}

/** The type of what an ExtensionWithMatcher holds; `undefined` when it holds nothing that can be read. */
export function innerFilterType(any: Any): string | undefined {
  const unpacked = unpackAny(any);
  if (!unpacked.ok || unpacked.typeName !== EXTENSION_WITH_MATCHER) return undefined;
  const inner = asExtensionWithMatcher(unpacked.message).extensionConfig?.typedConfig;
  return inner && typeNameOf(inner);
}

function matchedFactory(terminal: boolean): HttpFilterFactory {
  return {
    terminal,
    compile: () => ({ ok: false, problems: [] }),
    create: (config) => new MatchedFilter(asMatchedConfig(config)),
  };
}

/** The caller has checked the type's name. */
function asExtensionWithMatcher(message: unknown): ExtensionWithMatcher {
  return message as ExtensionWithMatcher;
}
function asPerRoute(message: unknown): ExtensionWithMatcherPerRoute {
  return message as ExtensionWithMatcherPerRoute;
}
/** What `compileMatchedFilter` made. */
function asMatchedConfig(config: unknown): MatchedFilterConfig {
  return config as MatchedFilterConfig;
}
