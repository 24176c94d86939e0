import { type Compiled, type Problem, refuse } from "@sluice/extension-api";
import {
  compileExtension,
  compileMatcher,
  environmentInput,
  INSUFFICIENT_DATA,
  type KnownExtensions,
  known,
  type MatchingData,
} from "@sluice/matching";
import type { ClusterSpecifierPlugin } from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import {
  type ClusterAction,
  ClusterActionSchema,
  type MatcherClusterSpecifier,
  MatcherClusterSpecifierSchema,
} from "@sluice/xds/gen/envoy/extensions/router/cluster_specifiers/matcher/v3/matcher_pb.js";
import { HTTP_MATCHING } from "../cel/cel-matching.ts";

/** Names the cluster of a request; "" when it finds none. */
export interface ClusterSpecifier {
  clusterFor(data: MatchingData): string;
}

/** `ClusterSpecifierPlugin`: an optional one that is unknown is `undefined`, and its routes take no request. */
export function compileClusterSpecifier(
  { extension, isOptional }: ClusterSpecifierPlugin,
  path: string,
): Compiled<ClusterSpecifier | undefined> {
  const type = extension?.typedConfig?.typeUrl.replace(/^.*\//, "") ?? "";
  if (isOptional && type !== "" && !SPECIFIERS.has(type)) return { ok: true, value: undefined };
  return compileExtension(extension, SPECIFIERS, "cluster specifier", `${path}.extension`);
}

/** Those of a RouteConfiguration by name. */
export function compileClusterSpecifiers(
  plugins: readonly ClusterSpecifierPlugin[],
  path: string,
): Compiled<ReadonlyMap<string, ClusterSpecifier | undefined>> {
  const problems: Problem[] = [];
  const found = new Map<string, ClusterSpecifier | undefined>();
  for (const [i, plugin] of plugins.entries()) {
    const specifier = compileClusterSpecifier(plugin, `${path}[${i}]`);
    if (specifier.ok) found.set(plugin.extension?.name ?? "", specifier.value);
    else problems.push(...specifier.problems);
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: found };
}

const CLUSTER_ACTIONS: KnownExtensions<ClusterAction> = new Map([
  known<ClusterAction, ClusterAction>(ClusterActionSchema, (action, path) =>
    action.cluster === "" ? refuse(path, "a cluster is required") : { ok: true, value: action },
  ),
]);

function compileTree({ clusterMatcher }: MatcherClusterSpecifier, path: string): Compiled<ClusterSpecifier> {
  const at = `${path}.cluster_matcher`;
  if (clusterMatcher === undefined) return refuse(at, "a matcher is required");
  const tree = compileMatcher<ClusterAction>(clusterMatcher, at, {
    matchers: HTTP_MATCHING.matchers,
    inputs: new Map([...HTTP_MATCHING.inputs, environmentInput((name) => process.env[name])]),
    action: (action, where) => compileExtension(action, CLUSTER_ACTIONS, "cluster action", where),
  });
  if (!tree.ok) return tree;
  return {
    ok: true,
    value: {
      clusterFor(data) {
        const action = tree.value.match(data);
        return action === undefined || action === INSUFFICIENT_DATA ? "" : action.cluster;
      },
    },
  };
}

const SPECIFIERS: KnownExtensions<ClusterSpecifier> = new Map([
  known<MatcherClusterSpecifier, ClusterSpecifier>(MatcherClusterSpecifierSchema, compileTree),
]);
