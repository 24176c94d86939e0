import { compileFilterChains, explainFilterChains } from "@sluice/matching";
import { type Listener, ListenerSchema } from "@sluice/xds/gen/envoy/config/listener/v3/listener_pb.js";
import { authorizeRead } from "../access/authorize.ts";
import type { Context } from "../contract.ts";
import { type AskedRequest, readRequest } from "./asked-request.ts";
import { around, candidateOf, placesIn } from "./candidates.ts";
import { chooseListener } from "./choose-listener.ts";
import { connectionFacts } from "./connection-facts.ts";
import { explainClusters } from "./explain-cluster.ts";
import { explainRoutes } from "./explain-routes.ts";
import type { ExplainInput, ExplainOutcome, Reason, RequestExplanation } from "./explanation.ts";
import { type ExplainSource, openSource } from "./read-source.ts";
import { type TerminalFilter, terminalFilter } from "./terminal-filter.ts";
import type { Walk } from "./walk.ts";

/** What a step finds out; the rest is as if nothing had come so far. */
type Found = Partial<Omit<RequestExplanation, "source" | "request" | "listeners" | "problems">> & {
  readonly outcome: ExplainOutcome;
};

/**
 * The way that a request would take through the draft or a version, by the proxy's own matching code, with the reasons for
 * every candidate that did not get it. For any role. `invalid`: the input is no request. `not_found`: no such version.
 */
export async function explainRequest(context: Context, input: ExplainInput): Promise<RequestExplanation> {
  await authorizeRead(context, "explain.request");
  readRequest(input);
  return await explainFrom(await openSource(context.db, input.source), input);
}

/** The same through a source that is open already; `input.source` does not matter. `invalid`. */
export async function explainFrom(source: ExplainSource, input: ExplainInput): Promise<RequestExplanation> {
  const request = readRequest(input);
  const choice = chooseListener(await source.read(ListenerSchema, "listeners"), request);
  const problems: Reason[] = choice.problem === undefined ? [] : [choice.problem];
  const found: Found =
    choice.listener === undefined
      ? { outcome: choice.problem === undefined ? "invalid" : "no_listener" }
      : await explainListener(choice.listener, choice, { source, request, problems });
  return {
    source: source.shown,
    status: undefined,
    filterChains: undefined,
    matcherSteps: [],
    routeConfiguration: undefined,
    virtualHosts: undefined,
    routes: undefined,
    action: undefined,
    ...found,
    listeners: around(choice.candidates),
    request: shownRequest(request),
    problems,
  };
}

async function explainListener(
  listener: Listener,
  { port, destinationIp }: { readonly port: number; readonly destinationIp: string },
  walk: Walk,
): Promise<Found> {
  const { problems, request } = walk;
  const placeOf = placesIn({ kind: "listeners", name: listener.name });
  const table = compileFilterChains(listener, { payload: () => ({ ok: true, value: true }) });
  if (!table.ok) {
    problems.push(...table.problems.map(({ message, path }) => ({ message, at: placeOf(path) })));
    return { outcome: "invalid" };
  }
  const { facts, problem } = connectionFacts(listener, request, destinationIp, port);
  if (problem !== undefined) problems.push({ message: problem, at: placeOf("listener_filters") });
  const explained = explainFilterChains(table.value, facts);
  const filterChains = around(explained.chains.map((verdict) => candidateOf(verdict, placeOf)));
  const matcherSteps = explained.matcher.map(({ message, field }) => ({ message, at: placeOf(field) }));
  const { chain } = explained;
  if (chain === undefined) return { outcome: "no_filter_chain", filterChains, matcherSteps };
  const path = chain.index < 0 ? "default_filter_chain" : `filter_chains[${chain.index}]`;
  const hasTls = chain.config.transportSocket?.name.includes("tls") ?? false;
  if (hasTls !== request.secure) {
    const message = hasTls
      ? "the filter chain speaks TLS, but the URL is http"
      : "the URL is https, but the filter chain has no TLS transport socket";
    problems.push({ message, at: placeOf(hasTls ? `${path}.transport_socket` : path) });
  }
  const filter = terminalFilter(chain.config, path);
  const rest =
    filter.kind === "http"
      ? await explainRoutes(listener.name, filter, port, facts, walk)
      : await explainBytes(listener.name, filter, walk);
  return { ...rest, filterChains, matcherSteps: [...matcherSteps, ...(rest.matcherSteps ?? [])] };
}

/** A chain that does not read HTTP. */
async function explainBytes(
  name: string,
  filter: Exclude<TerminalFilter, { kind: "http" }>,
  { source, problems }: Walk,
): Promise<Found> {
  const at = { kind: "listeners", name, path: filter.path } as const;
  const outcome = "tcp";
  if (filter.kind === "other") {
    const message =
      filter.name === "" ? "the filter chain has no filter" : `${filter.name} ends the filter chain`;
    return { outcome, action: { kind: "other", message } };
  }
  const specifier = filter.config.clusterSpecifier;
  const weighted = specifier.case === "weightedClusters" ? specifier.value.clusters : [];
  const total = weighted.reduce((sum, { weight }) => sum + weight, 0);
  const shares =
    specifier.case === "cluster"
      ? [{ name: specifier.value, percent: 100, from: at }]
      : weighted.map((each) => ({ name: each.name, percent: (each.weight / total) * 100, from: at }));
  return {
    outcome,
    action: { kind: "cluster", rewrites: [], clusters: await explainClusters(source, shares, problems) },
  };
}

function shownRequest({ headers }: AskedRequest): RequestExplanation["request"] {
  const shown: { name: string; value: string }[] = [];
  headers.forEach((name, value) => {
    shown.push({ name, value: Buffer.from(value, "latin1").toString("utf8") });
  });
  return shown;
}
