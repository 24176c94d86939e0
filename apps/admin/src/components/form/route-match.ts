import type { FieldEdit } from "../resource/config-types.ts";
import { has, listAt, textAt } from "../resource/field-value.ts";

export const MATCH_KINDS = ["prefix", "path", "path_separated_prefix", "safe_regex"] as const;
export type MatchKind = (typeof MATCH_KINDS)[number];

export const ACTION_KINDS = ["cluster", "weighted_clusters", "redirect", "direct_response"] as const;
export type ActionKind = (typeof ACTION_KINDS)[number];

/** Which path rule a route has; undefined for one that this form does not know. */
export function matchKindOf(route: unknown): MatchKind | undefined {
  return MATCH_KINDS.find((kind) => has(route, `match.${kind}`));
}

export function matchTextOf(route: unknown): string {
  const kind = matchKindOf(route);
  if (kind === undefined) return "";
  return textAt(route, kind === "safe_regex" ? "match.safe_regex.regex" : `match.${kind}`);
}

/** Another kind of path rule with the same text. */
export function matchEdits(path: string, kind: MatchKind, text: string): readonly FieldEdit[] {
  return [
    ...MATCH_KINDS.filter((other) => other !== kind).map((other) => ({
      op: "remove" as const,
      path: `${path}.match.${other}`,
    })),
    { op: "set", path: `${path}.match.${kind}`, value: kind === "safe_regex" ? { regex: text } : text },
  ];
}

export function actionKindOf(route: unknown): ActionKind | undefined {
  if (has(route, "route.weighted_clusters")) return "weighted_clusters";
  if (has(route, "route.cluster")) return "cluster";
  if (has(route, "redirect")) return "redirect";
  return has(route, "direct_response") ? "direct_response" : undefined;
}

/** Another kind of action; what both kinds have (timeout, rewrite) stays. */
export function actionEdits(path: string, route: unknown, kind: ActionKind): readonly FieldEdit[] {
  const cluster = textAt(route, "route.cluster") || textAt(route, "route.weighted_clusters.clusters[0].name");
  const edits: FieldEdit[] = [];
  const remove = (field: string): void => {
    if (has(route, field)) edits.push({ op: "remove", path: `${path}.${field}` });
  };
  if (kind !== "redirect") remove("redirect");
  if (kind !== "direct_response") remove("direct_response");
  switch (kind) {
    case "cluster":
      remove("route.weighted_clusters");
      edits.push({ op: "set", path: `${path}.route.cluster`, value: cluster });
      break;
    case "weighted_clusters":
      remove("route.cluster");
      edits.push({
        op: "set",
        path: `${path}.route.weighted_clusters.clusters`,
        value: [{ name: cluster, weight: 100 }],
      });
      break;
    case "redirect":
      remove("route");
      edits.push({ op: "set", path: `${path}.redirect`, value: { https_redirect: true } });
      break;
    case "direct_response":
      remove("route");
      edits.push({ op: "set", path: `${path}.direct_response`, value: { status: 200 } });
  }
  return edits;
}

/** Where a route sends: for its row. */
export function actionTextOf(route: unknown): string {
  switch (actionKindOf(route)) {
    case "cluster":
      return textAt(route, "route.cluster");
    case "weighted_clusters":
      return listAt(route, "route.weighted_clusters.clusters")
        .map((cluster) => `${textAt(cluster, "name")} ${textAt(cluster, "weight")}`)
        .join(" / ");
    case "redirect":
      return (
        ["host_redirect", "path_redirect", "prefix_rewrite", "scheme_redirect"]
          .map((field) => textAt(route, `redirect.${field}`))
          .filter(Boolean)
          .join(" ") || "https"
      );
    case "direct_response":
      return textAt(route, "direct_response.status");
    case undefined:
      return "";
  }
}
