import { liveCertificateDates } from "../certificate/live-certificate-dates.ts";
import type { Context, NodeState } from "../contract.ts";
import { readNodes } from "../node/read-nodes.ts";
import { watchedCertificates } from "../notification/certificate-sources.ts";
import type { AlertReading, AlertRule, Measurement } from "./alert-contract.ts";
import type { ReadTraffic, TrafficFigures } from "./traffic-figures.ts";

export type MeasuredRule = Pick<AlertRule, "measure" | "scope" | "threshold" | "windowMs" | "requestsMin">;

/** What a rule sees now of each of its targets, and whether that crosses its threshold. */
export async function measureRule(
  context: Pick<Context, "db" | "now">,
  rule: MeasuredRule,
  readTraffic: ReadTraffic,
): Promise<readonly AlertReading[]> {
  const nodes = await readNodes(context.db, context.now);
  const found = await measurements(context, rule, nodes, readTraffic);
  return found.map((one) => ({ ...one, crossed: crosses(rule.threshold, one.value) }));
}

function crosses({ when, value }: AlertRule["threshold"], measured: number | undefined): boolean {
  if (measured === undefined) return false;
  return when === "above" ? measured > value : measured < value;
}

async function measurements(
  context: Pick<Context, "db" | "now">,
  rule: MeasuredRule,
  nodes: readonly NodeState[],
  readTraffic: ReadTraffic,
): Promise<readonly Measurement[]> {
  if (rule.measure === "node_lost") return nodesAway(rule, nodes, context.now());
  if (rule.measure === "certificate_days") return await daysLeft(context, rule, nodes);
  return await traffic(rule, nodes, context.now(), readTraffic);
}

function nodesAway({ scope }: MeasuredRule, nodes: readonly NodeState[], now: Date): readonly Measurement[] {
  return nodes
    .filter((node) => concerns(scope, node))
    .map(({ id, group, connected, since }) => ({
      target: `node/${id}`,
      group,
      value: connected ? 0 : Math.max(0, (now.getTime() - since.getTime()) / 1000),
    }));
}

/** Of what is live, and of what this appliance keeps for its nodes. Those of no node's own concern no group or node. */
async function daysLeft(
  context: Pick<Context, "db" | "now">,
  { scope }: MeasuredRule,
  nodes: readonly NodeState[],
): Promise<readonly Measurement[]> {
  const now = context.now();
  const leftOf = (notAfter: Date): number => (notAfter.getTime() - now.getTime()) / 86_400_000;
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const own = (await watchedCertificates(context.db, now)).flatMap(({ name, node, notAfter }) => {
    const owner = node === undefined ? undefined : byId.get(node);
    if (scope.kind !== "all" && (owner === undefined || !concerns(scope, owner))) return [];
    return [{ target: `certificate/${name}`, group: owner?.group, value: leftOf(notAfter) }];
  });
  const live = scope.kind === "all" ? await liveCertificateDates(context) : [];
  return [
    ...live.map(({ name, notAfter }) => ({
      target: `certificate/${name}`,
      group: undefined,
      value: leftOf(notAfter),
    })),
    ...own,
  ];
}

function concerns(scope: MeasuredRule["scope"], { id, group }: NodeState): boolean {
  if (scope.kind === "group") return scope.name === undefined || scope.name === group;
  if (scope.kind === "node") return scope.name === undefined || scope.name === id;
  return true;
}

async function traffic(
  rule: MeasuredRule,
  nodes: readonly NodeState[],
  now: Date,
  readTraffic: ReadTraffic,
): Promise<readonly Measurement[]> {
  const { scope, windowMs } = rule;
  if (scope.kind === "all" || scope.kind === "group") {
    const own = nodes.filter((node) => concerns(scope, node));
    const nameOf = (node: NodeState): string => (scope.kind === "all" ? "all" : node.group);
    const together = new Map(own.map((node) => [node.id, nameOf(node)]));
    const figures = await readTraffic({ kind: "node", together, windowMs, now });
    const wanted = scope.kind === "all" ? ["all"] : [...new Set(own.map(({ group }) => group))];
    return measured(rule, figures, wanted).map(({ name, value }) => ({
      target: scope.kind === "all" ? "all" : `group/${name}`,
      group: scope.kind === "all" ? undefined : name,
      value,
    }));
  }
  const figures = await readTraffic({ kind: scope.kind, name: scope.name, windowMs, now });
  const wanted =
    scope.name === undefined ? (scope.kind === "node" ? nodes.map(({ id }) => id) : []) : [scope.name];
  const groups = new Map(nodes.map(({ id, group }) => [id, group]));
  return measured(rule, figures, wanted).map(({ name, value }) => ({
    target: `${scope.kind}/${name}`,
    group: scope.kind === "node" ? groups.get(name) : undefined,
    value,
  }));
}

/** `wanted` are measured also when nothing went through them: a request rate of none is a rate. */
function measured(
  rule: MeasuredRule,
  figures: readonly TrafficFigures[],
  wanted: readonly string[],
): readonly { readonly name: string; readonly value: number | undefined }[] {
  const byName = new Map(figures.map((one) => [one.name, one]));
  const names = new Set([...wanted, ...byName.keys()]);
  return [...names].map((name) => ({ name, value: readingOf(rule, byName.get(name)) }));
}

function readingOf(
  { measure, requestsMin }: MeasuredRule,
  figures: TrafficFigures | undefined,
): number | undefined {
  if (measure === "request_rate") return figures?.requestsPerSecond ?? 0;
  if (figures === undefined || figures.requests < requestsMin) return undefined;
  return measure === "error_rate" ? figures.errorRate : figures.p99Ms;
}
