import {
  compileRegexSubstitution,
  type HeaderView,
  prefixRewriter,
  redirectLocation,
  splitPath,
} from "@sluice/matching";
import type {
  RedirectAction,
  Route,
  RouteAction,
} from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import type { RegexMatchAndSubstitute } from "@sluice/xds/gen/envoy/type/matcher/v3/regex_pb.js";
import type { EditableHeaders } from "./asked-request.ts";
import type { PlaceOf } from "./candidates.ts";
import { type ClusterShare, explainClusters } from "./explain-cluster.ts";
import type { ExplainedAction, Reason } from "./explanation.ts";
import type { ExplainSource } from "./read-source.ts";

const REDIRECT_STATUS: readonly number[] = [301, 302, 303, 307, 308];
const BODY_SHOWN = 1_000;

export interface ActionContext {
  readonly source: ExplainSource;
  readonly headers: EditableHeaders;
  /** Of the route, from its own root. */
  readonly placeOf: PlaceOf;
  readonly problems: Reason[];
}

/** What the route does with the request. */
export async function explainAction(route: Route, context: ActionContext): Promise<ExplainedAction> {
  const { action } = route;
  switch (action.case) {
    case "route":
      return await forward(route, action.value, context);
    case "redirect":
      return redirect(route, action.value, context.headers);
    case "directResponse": {
      const { status, body } = action.value;
      const text = body?.specifier.case === "inlineString" ? body.specifier.value : "";
      return { kind: "direct_response", status, body: text.slice(0, BODY_SHOWN) };
    }
    case "filterAction":
    case "nonForwardingAction":
      return { kind: "other", message: "non_forwarding_action: only servers that are no proxies take it" };
    default:
      return { kind: "other", message: `the route has ${action.case ?? "no action"}` };
  }
}

async function forward(route: Route, action: RouteAction, context: ActionContext): Promise<ExplainedAction> {
  const { source, problems, placeOf, headers } = context;
  const shares = clusterShares(action, headers, placeOf);
  if (typeof shares === "string") return { kind: "other", message: shares };
  const clusters = await explainClusters(source, shares, problems);
  return { kind: "cluster", clusters, rewrites: rewritesOf(route, action, headers) };
}

/** The clusters that may get it, or why none can be told. */
function clusterShares(
  { clusterSpecifier: specifier }: RouteAction,
  headers: HeaderView,
  placeOf: PlaceOf,
): readonly ClusterShare[] | string {
  const fromHeader = (name: string) => headers.get(name.toLowerCase()) ?? "";
  switch (specifier.case) {
    case "cluster":
      return [{ name: specifier.value, percent: 100, from: placeOf("route.cluster") }];
    case "clusterHeader": {
      const name = fromHeader(specifier.value);
      return name === ""
        ? `cluster_header: the request has no header ${specifier.value}`
        : [{ name, percent: 100, from: placeOf("route.cluster_header") }];
    }
    case "weightedClusters": {
      const { clusters } = specifier.value;
      const total = clusters.reduce((sum, { weight }) => sum + (weight ?? 0), 0);
      return clusters.map(({ name, clusterHeader, weight }, index) => ({
        name: name || fromHeader(clusterHeader),
        percent: total === 0 ? 0 : ((weight ?? 0) / total) * 100,
        from: placeOf(`route.weighted_clusters.clusters[${index}]`),
      }));
    }
    default:
      return `${specifier.case === undefined ? "no cluster is named" : "a cluster specifier plugin chooses the cluster when the request comes"}`;
  }
}

/** Path and host as the upstream sees them, where that can be told without sending it. */
function rewritesOf(route: Route, action: RouteAction, headers: HeaderView): readonly string[] {
  const target = headers.get(":path") ?? "/";
  const rewrites: string[] = [];
  if (action.prefixRewrite !== "")
    rewrites.push(`path ${target} → ${prefixRewriter(route.match, action.prefixRewrite)(target)}`);
  else if (action.regexRewrite !== undefined)
    rewrites.push(`path ${target} → ${regexRewritten(action.regexRewrite, target)}`);
  else if (action.pathRewrite !== "") rewrites.push(`path by the format ${action.pathRewrite}`);
  else if (action.pathRewritePolicy !== undefined) rewrites.push("path by a URI template");
  const host = action.hostRewriteSpecifier;
  if (host.case === "hostRewriteLiteral") rewrites.push(`host → ${host.value}`);
  else if (host.case === "hostRewriteHeader")
    rewrites.push(`host → ${headers.get(host.value.toLowerCase()) ?? "unchanged"} (header ${host.value})`);
  else if (host.case === "autoHostRewrite" && host.value.valueOf())
    rewrites.push("host → the endpoint's host name");
  else if (host.case === "hostRewritePathRegex") rewrites.push("host from the path, by a regular expression");
  else if (host.case === "hostRewrite") rewrites.push(`host by the format ${host.value}`);
  return rewrites;
}

function regexRewritten(config: RegexMatchAndSubstitute, target: string): string {
  const substitute = compileRegexSubstitution(config, "regex_rewrite");
  const [path, query] = splitPath(target);
  return substitute.ok ? substitute.value(path) + query : target;
}

function redirect(route: Route, config: RedirectAction, headers: EditableHeaders): ExplainedAction {
  const specifier = config.pathRewriteSpecifier;
  const target = headers.get(":path") ?? "/";
  if (specifier.case === "prefixRewrite")
    headers.set(":path", prefixRewriter(route.match, specifier.value)(target));
  else if (specifier.case === "regexRewrite") headers.set(":path", regexRewritten(specifier.value, target));
  const status = REDIRECT_STATUS[config.responseCode] ?? 301;
  return { kind: "redirect", status, location: redirectLocation(config, headers) };
}
