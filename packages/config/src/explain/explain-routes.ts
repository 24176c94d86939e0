import {
  type CompiledVirtualHost,
  type ConnectionFacts,
  ConnectionMatchView,
  explainMatch,
} from "@sluice/matching";
import { around, candidateOf } from "./candidates.ts";
import { explainAction } from "./explain-action.ts";
import type { ExplainedAction, ExplainOutcome, RequestExplanation } from "./explanation.ts";
import { findRoutes } from "./find-routes.ts";
import { prepareRequest } from "./prepare-request.ts";
import type { TerminalFilter } from "./terminal-filter.ts";
import type { Walk } from "./walk.ts";

type Found = Pick<RequestExplanation, "outcome"> &
  Partial<
    Pick<
      RequestExplanation,
      "status" | "matcherSteps" | "routeConfiguration" | "virtualHosts" | "routes" | "action"
    >
  >;

const NOT_FOUND = 404;

/** From the connection manager on: route configuration, virtual host, route and what it does. */
export async function explainRoutes(
  listener: string,
  filter: Extract<TerminalFilter, { kind: "http" }>,
  port: number,
  facts: ConnectionFacts,
  { source, request, problems }: Walk,
): Promise<Found> {
  const { headers, secure } = request;
  const own = prepareRequest(filter.config, request, port);
  if (own !== undefined) {
    const at = {
      kind: "listeners",
      name: listener,
      path: own.field === "" ? filter.path : `${filter.path}.${own.field}`,
    } as const;
    problems.push({ message: own.message, at });
    return { outcome: "refused", status: own.status };
  }
  const routes = await findRoutes(source, listener, filter);
  if ("message" in routes) {
    problems.push(routes);
    return { outcome: "invalid" };
  }
  const { table, placeOf, shown: routeConfiguration } = routes;
  problems.push(...routes.problems);
  if (table === undefined) return { outcome: "invalid", routeConfiguration };
  const explained = explainMatch(table, headers, 0, {
    tls: secure ? { peerCertificatePresented: false, peerCertificateValidated: false } : undefined,
    connection: connectionView(facts, secure),
  });
  const domains = new Map(table.virtualHosts.map((host) => [host.path, host.config.domains.join(", ")]));
  const asks = asksOf(explained.virtualHost);
  const found = {
    routeConfiguration,
    matcherSteps: explained.matcher.map(({ message, field }) => ({
      message,
      at: placeOf(`${explained.virtualHost?.path ?? ""}.${field}`),
    })),
    virtualHosts: around(
      explained.virtualHosts.map((verdict) => candidateOf(verdict, placeOf, domains.get(verdict.path))),
    ),
    routes: around(explained.routes.map((verdict) => candidateOf(verdict, placeOf, asks.get(verdict.path)))),
  };
  const { virtualHost: host, route } = explained;
  if (host === undefined) return { ...found, outcome: "no_virtual_host", status: NOT_FOUND };
  if (needsHttps(host, headers.get("x-forwarded-proto"), headers.get("x-envoy-internal"))) {
    const location = `https://${headers.get(":authority") ?? ""}${headers.get(":path") ?? "/"}`;
    problems.push({
      message: "require_tls sends it to https before any route is asked",
      at: placeOf(`${host.path}.require_tls`),
    });
    return {
      ...found,
      routes: undefined,
      outcome: "redirected",
      status: 301,
      action: { kind: "redirect", status: 301, location },
    };
  }
  if (route === undefined) return { ...found, outcome: "no_route", status: NOT_FOUND };
  const action = await explainAction(route.config, {
    source,
    headers,
    problems,
    placeOf: (path) => placeOf(`${route.path}.${path}`),
  });
  return { ...found, action, ...endOf(action) };
}

function endOf(action: ExplainedAction): {
  readonly outcome: ExplainOutcome;
  readonly status: number | undefined;
} {
  if (action.kind === "redirect") return { outcome: "redirected", status: action.status };
  if (action.kind === "direct_response") return { outcome: "answered", status: action.status };
  return { outcome: "routed", status: undefined };
}

/** By route path: what it asks of the path, as the configuration writes it. */
function asksOf(host: CompiledVirtualHost<boolean> | undefined): ReadonlyMap<string, string> {
  return new Map(
    host?.routes.map(({ path, config }) => {
      const specifier = config.match?.pathSpecifier;
      const text =
        specifier?.case === "safeRegex"
          ? specifier.value.regex
          : typeof specifier?.value === "string"
            ? specifier.value
            : "";
      return [path, `${FIELDS[specifier?.case ?? ""] ?? specifier?.case ?? ""} ${text}`.trim()];
    }),
  );
}

const FIELDS: Readonly<Record<string, string>> = {
  pathSeparatedPrefix: "path_separated_prefix",
  safeRegex: "safe_regex",
  connectMatcher: "connect_matcher",
  pathMatchPolicy: "path_match_policy",
};

function needsHttps(
  { requireTls }: CompiledVirtualHost<boolean>,
  proto: string | undefined,
  internal: string | undefined,
): boolean {
  if (requireTls === "none" || proto === "https") return false;
  return requireTls === "all" || internal !== "true";
}

function connectionView(facts: ConnectionFacts, secure: boolean): ConnectionMatchView {
  const text = (ip: string, port: number) => (ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`);
  return new ConnectionMatchView({
    localAddress: text(facts.destinationIp, facts.destinationPort),
    remoteAddress: text(facts.sourceIp, facts.sourcePort),
    directRemoteAddress: text(facts.directSourceIp, facts.sourcePort),
    requestedServerName: facts.serverName || undefined,
    tls: secure
      ? { alpn: facts.applicationProtocols[0], uriSanPeer: [], dnsSanPeer: [], subjectPeer: undefined }
      : undefined,
  });
}
