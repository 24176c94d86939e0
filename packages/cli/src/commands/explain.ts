import type { Candidates, ExplainedAction, ExplainInput, Reason, RequestExplanation } from "@sluice/config";
import { CliError } from "../cli-error.ts";

export interface ExplainOptions {
  readonly header: readonly string[];
  readonly version?: string;
  readonly draft?: boolean;
  readonly listener?: string;
  readonly clientIp?: string;
  readonly sni?: string;
  readonly alpn?: string;
}

/** Over the draft or what is live. Exit code 2 for a header that is none. */
export function explainInput(method: string, url: string, options: ExplainOptions): ExplainInput {
  const headers = options.header.map((line) => {
    const colon = line.indexOf(":", 1);
    if (colon < 0) throw new CliError(`-H '${line}' is no header: write 'name: value'`, 2);
    return { name: line.slice(0, colon).trim(), value: line.slice(colon + 1).trim() };
  });
  const { listener, clientIp, sni, alpn } = options;
  return {
    source: options.draft ? "draft" : "live",
    method,
    url,
    headers,
    ...(listener === undefined ? {} : { listener }),
    ...(clientIp === undefined ? {} : { clientIp }),
    ...(sni === undefined ? {} : { sni }),
    ...(alpn === undefined ? {} : { alpn: alpn.split(",").map((name) => name.trim()) }),
  };
}

/** Whether a route, redirect or direct response was found. */
export function foundRoute({ outcome }: RequestExplanation): boolean {
  return outcome === "routed" || outcome === "redirected" || outcome === "answered";
}

/** The way as lines: each step with what was chosen, below it what was not and why. */
export function explainLines(found: RequestExplanation): readonly string[] {
  const { source, routeConfiguration: routes } = found;
  return [
    `source         ${source.kind === "draft" ? "the draft" : `version ${source.number}`}`,
    ...step("listener", found.listeners),
    ...step("filter chain", found.filterChains),
    ...(routes === undefined
      ? []
      : [`routes         ${routes.name || routes.at.name}${routes.inline ? " (inline)" : ""}`]),
    ...step("virtual host", found.virtualHosts),
    ...found.matcherSteps.map(({ message }) => `    matcher: ${message}`),
    ...step("route", found.routes),
    ...(found.action === undefined ? [] : actionLines(found.action)),
    `outcome        ${found.outcome}${found.status === undefined ? "" : ` with status ${found.status}`}`,
    ...found.problems.map((problem) => `problem        ${problem.message}${place(problem)}`),
  ];
}

function step(title: string, list: Candidates | undefined): string[] {
  if (list === undefined) return [];
  const chosen = list.items.find(({ outcome }) => outcome === "chosen");
  const label = (name: string, path: string | undefined, asks: string) =>
    `${name || (path ?? "")}${asks === "" ? "" : ` (${asks})`}`;
  const others = list.items.filter((item) => item !== chosen);
  return [
    `${title.padEnd(14)} ${chosen === undefined ? "none" : label(chosen.name, chosen.at?.path, chosen.asks)}`,
    ...(list.moreBefore > 0 ? [`    and ${list.moreBefore} more before`] : []),
    ...others.flatMap(({ name, at, asks, outcome, reasons }) =>
      reasons.map(({ message }) => `    ${outcome} ${label(name, at?.path, asks)}: ${message}`),
    ),
    ...(list.moreAfter > 0 ? [`    and ${list.moreAfter} more behind`] : []),
  ];
}

function actionLines(action: ExplainedAction): string[] {
  switch (action.kind) {
    case "redirect":
      return [`redirect       ${action.status} to ${action.location}`];
    case "direct_response":
      return [`answer         ${action.status} ${action.body}`.trimEnd()];
    case "other":
      return [`action         ${action.message}`];
    case "cluster":
      return [
        ...action.rewrites.map((text) => `rewrite        ${text}`),
        ...action.clusters.flatMap((cluster) => [
          `cluster        ${cluster.name}${action.clusters.length > 1 ? `, ${Math.round(cluster.percent * 100) / 100}%` : ""}${
            cluster.at === undefined ? " (missing)" : `, ${cluster.discovery}, ${cluster.lbPolicy}`
          }`,
          ...cluster.endpoints.map(
            (endpoint) =>
              `    endpoint ${endpoint.address}, priority ${endpoint.priority}, weight ${endpoint.weight}${
                endpoint.locality === "" ? "" : `, ${endpoint.locality}`
              }${endpoint.health === "UNKNOWN" ? "" : `, ${endpoint.health}`}`,
          ),
          ...(cluster.moreEndpoints > 0 ? [`    and ${cluster.moreEndpoints} more endpoints`] : []),
        ]),
      ];
  }
}

function place({ at }: Reason): string {
  return at === undefined ? "" : ` (${at.kind}/${at.name}${at.path === "" ? "" : ` ${at.path}`})`;
}
