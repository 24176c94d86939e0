import type { NodeState } from "@sluice/config";
import { type Drops, type ScopeWindow, summarize } from "@sluice/telemetry";

/** Something that is wrong, with what the sentence about it needs. `href` leads to its cause. */
export interface Problem {
  readonly id: string;
  readonly code: ProblemCode;
  readonly severity: "bad" | "warn";
  readonly subject: string;
  readonly href: string;
  /** The node's own words, or nothing. */
  readonly detail: string;
  /** 0…1 for shares, else a count; what it counts depends on the code. */
  readonly amount: number;
  /** Of how many; 0 where that means nothing. */
  readonly total: number;
  readonly since: Date | undefined;
}

export type ProblemCode =
  | "cluster_no_host"
  | "cluster_failing"
  | "node_refused"
  | "node_lost"
  | "no_reports"
  | "node_behind"
  | "cluster_some_hosts"
  | "not_stored";

export interface ProblemInput {
  readonly nodes: readonly NodeState[];
  readonly clusters: readonly ScopeWindow[];
  readonly asOf: Date | undefined;
  readonly drops: Drops;
  readonly now: Date;
}

const STALE_MS = 3_000;
/** A node that has not taken a version after this long is behind, not busy. */
const BEHIND_MS = 10_000;
/** A single failure among a handful of requests is not yet news. */
const REQUESTS_MIN = 5;
/** Where most of them fail, fewer say enough: a quiet cluster that is down must not hide behind its quietness. */
const REQUESTS_MIN_DOWN = 2;
const FAILING_DOWN = 0.5;
const FAILING_BAD = 0.05;
const FAILING_WARN = 0.01;

const ORDER: readonly ProblemCode[] = [
  "cluster_no_host",
  "no_reports",
  "node_lost",
  "node_refused",
  "cluster_failing",
  "node_behind",
  "cluster_some_hosts",
  "not_stored",
];

/** Worst first: `bad` before `warn`, then by kind, then by how much. */
export function rankProblems(input: ProblemInput): readonly Problem[] {
  const problems = [...nodeProblems(input), ...clusterProblems(input), ...collectorProblems(input)];
  return problems.toSorted(
    (left, right) =>
      Number(left.severity === "warn") - Number(right.severity === "warn") ||
      ORDER.indexOf(left.code) - ORDER.indexOf(right.code) ||
      right.amount - left.amount ||
      left.subject.localeCompare(right.subject),
  );
}

function problem(code: ProblemCode, subject: string, href: string, more: Partial<Problem>): Problem {
  return {
    id: `${code}:${subject}`,
    code,
    severity: "bad",
    subject,
    href,
    detail: "",
    amount: 0,
    total: 0,
    since: undefined,
    ...more,
  };
}

function nodeProblems({ nodes, now }: ProblemInput): readonly Problem[] {
  const problems: Problem[] = [];
  for (const node of nodes) {
    const href = `/nodes/${encodeURIComponent(node.id)}`;
    const refusal = node.types.find((type) => type.state === "refused")?.refusal;
    if (!node.connected) {
      problems.push(problem("node_lost", node.id, href, { since: node.since }));
    } else if (refusal !== undefined) {
      problems.push(
        problem("node_refused", node.id, href, {
          detail: refusal.message,
          amount: refusal.version,
          since: refusal.at,
        }),
      );
    } else if (
      node.targetVersion !== undefined &&
      node.effectiveVersion !== node.targetVersion &&
      now.getTime() - node.since.getTime() > BEHIND_MS
    ) {
      problems.push(
        problem("node_behind", node.id, href, {
          severity: "warn",
          amount: node.targetVersion,
          total: node.effectiveVersion ?? 0,
        }),
      );
    }
  }
  return problems;
}

function clusterProblems({ clusters }: ProblemInput): readonly Problem[] {
  const problems: Problem[] = [];
  for (const { scope, measures, seconds } of clusters) {
    const href = `/clusters/${encodeURIComponent(scope.name)}`;
    const { membersHealthy, membersTotal } = measures;
    if (membersTotal > 0 && membersHealthy === 0) {
      problems.push(problem("cluster_no_host", scope.name, href, { total: membersTotal }));
    } else if (membersHealthy < membersTotal) {
      const amount = membersTotal - membersHealthy;
      problems.push(
        problem("cluster_some_hosts", scope.name, href, { severity: "warn", amount, total: membersTotal }),
      );
    }
    const { successRate } = summarize(measures, seconds);
    const bad = successRate === undefined ? 0 : 1 - successRate;
    const needed = bad >= FAILING_DOWN ? REQUESTS_MIN_DOWN : REQUESTS_MIN;
    if (bad >= FAILING_WARN && Math.max(measures.requests, measures.failures) >= needed) {
      const severity = bad >= FAILING_BAD ? "bad" : "warn";
      problems.push(problem("cluster_failing", scope.name, href, { severity, amount: bad }));
    }
  }
  return problems;
}

function collectorProblems({ nodes, asOf, drops, now }: ProblemInput): readonly Problem[] {
  const problems: Problem[] = [];
  const connected = nodes.filter((node) => node.connected).length;
  if (connected > 0 && asOf !== undefined && now.getTime() - asOf.getTime() > STALE_MS) {
    problems.push(problem("no_reports", String(connected), "/nodes", { since: asOf, total: connected }));
  }
  const lost = drops.requestsLost + drops.spansLost + drops.statsLost;
  if (lost > 0) {
    problems.push(problem("not_stored", String(lost), "/requests", { severity: "warn", amount: lost }));
  }
  return problems;
}
