import type { AppRouter } from "@sluice/admin/router";
import type { inferRouterOutputs } from "@trpc/server";
import type { Command } from "commander";
import { CliError } from "../cli-error.ts";
import { type CommandKit, WATCH_OPTION } from "../command-kit.ts";
import type { Column } from "../output.ts";
import { durationOf, numberOf } from "../read-option.ts";

type Answers = inferRouterOutputs<AppRouter>["telemetry"];
type AccessLogEntry = Answers["searchRequests"]["entries"][number];
type TraceSummary = Answers["searchTraces"]["traces"][number];
type Span = Answers["trace"][number];

interface SinceOptions {
  readonly since?: string;
  readonly node?: string;
  readonly slow?: string;
  readonly limit: string;
  readonly watch?: boolean;
}

interface RequestsOptions extends SinceOptions {
  readonly method?: string;
  readonly host?: string;
  readonly path?: string;
  readonly status?: string;
  readonly flag?: string;
  readonly route?: string;
  readonly cluster?: string;
  readonly requestId?: string;
  readonly trace?: string;
}

/** `requests` and `traces`. */
export function addRequests(kit: CommandKit): void {
  const { call, command, print, printLines, printRead } = kit;

  withSince(command("requests [id]", "requests that nodes reported, newest first; of one, all that is known"))
    .option("--method <name>", "only with this method")
    .option("--host <text>", "only with it in the host name")
    .option("--path <text>", "only with it in the path")
    .option("--status <which>", "404, 5xx, >=400 or 400-499")
    .option("--flag <code>", "only with this response flag, like UH")
    .option("--route <text>", "only with it in the route's name")
    .option("--cluster <text>", "only with it in the cluster's name")
    .option("--request-id <id>", "only with this x-request-id")
    .option("--trace <id>", "only of this trace")
    .action(async (id: string | undefined, options: RequestsOptions) => {
      if (id !== undefined) {
        const found = await call((client) => client.telemetry.request.query({ id }));
        printLines(
          found,
          Object.entries(found).map(([name, value]) => `${name}: ${textOf(value)}`),
        );
        return;
      }
      const { limit, watch, host, requestId, trace, since, slow, ...same } = options;
      const named = { authority: host, requestId, traceId: trace, ...same };
      await printRead(watch, () => searched(), REQUEST_COLUMNS);
      async function searched() {
        const filter = { ...given(named), ...sinceOf(since, slow) };
        const input = { filter, limit: numberOf(limit) ?? 50 };
        return (await call((client) => client.telemetry.searchRequests.query(input))).entries;
      }
    });

  withSince(command("traces [id]", "traces that are stored, newest first; of one, its spans"))
    .option("--text <text>", "only with it in a name, the service or an attribute")
    .option("--errors", "only those with a span that failed")
    .action(async (id: string | undefined, options: SinceOptions & { text?: string; errors?: boolean }) => {
      if (id !== undefined) {
        const spans = await call((client) => client.telemetry.trace.query({ traceId: id }));
        if (spans.length === 0) throw new CliError(`no span of the trace '${id}' is stored`);
        print(spans, spanColumns(spans), spans);
        return;
      }
      const { limit, watch, text, errors, node, since, slow } = options;
      await printRead(watch, () => searched(), TRACE_COLUMNS);
      async function searched() {
        const filter = { ...given({ text, node, errorsOnly: errors }), ...sinceOf(since, slow) };
        const input = { filter, limit: numberOf(limit) ?? 50 };
        return (await call((client) => client.telemetry.searchTraces.query(input))).traces;
      }
    });
}

function withSince(command: Command): Command {
  return command
    .option("--since <time>", "only of the last 15m, 2h …")
    .option("--node <text>", "only with it in the node's id")
    .option("--slow <time>", "only those that took at least 500ms, 2s …")
    .option("--limit <n>", "how many", "50")
    .option(...WATCH_OPTION);
}

const REQUEST_COLUMNS: readonly Column<AccessLogEntry>[] = [
  { title: "at", value: (row) => row.at.toISOString() },
  { title: "status", value: (row) => String(row.status) },
  { title: "flags", value: (row) => row.flags.join(",") },
  { title: "ms", value: (row) => row.durationMs.toFixed(1) },
  { title: "node", value: (row) => row.node },
  { title: "cluster", value: (row) => row.cluster },
  { title: "id", value: (row) => row.id },
  { title: "request", value: (row) => `${row.method} ${row.authority}${row.path}` },
];

const TRACE_COLUMNS: readonly Column<TraceSummary>[] = [
  { title: "trace", value: (row) => row.traceId },
  { title: "began", value: (row) => row.startAt.toISOString() },
  { title: "ms", value: (row) => row.durationMs.toFixed(1) },
  { title: "spans", value: (row) => String(row.spanCount) },
  { title: "errors", value: (row) => String(row.errorCount) },
  { title: "service", value: (row) => row.service },
  { title: "name", value: (row) => row.rootName },
];

function spanColumns(spans: readonly Span[]): readonly Column<Span>[] {
  const begin = spans.reduce(
    (first, { startNs }) => (startNs < first ? startNs : first),
    spans[0]?.startNs ?? 0n,
  );
  const ms = (ns: bigint): string => (Number(ns) / 1e6).toFixed(2);
  return [
    { title: "after ms", value: (row) => ms(row.startNs - begin) },
    { title: "ms", value: (row) => ms(row.durationNs) },
    { title: "span", value: (row) => row.spanId },
    { title: "in", value: (row) => row.parentSpanId ?? "" },
    { title: "service", value: (row) => row.service },
    { title: "failed", value: (row) => (row.error ? "yes" : "") },
    { title: "name", value: (row) => row.name },
  ];
}

function sinceOf(since: string | undefined, slow: string | undefined) {
  const now = Date.now();
  return {
    ...(since === undefined
      ? {}
      : { range: { from: new Date(now - durationOf("--since", since)), to: new Date(now + 60_000) } }),
    ...(slow === undefined ? {} : { minDurationMs: durationOf("--slow", slow) }),
  };
}

/** Without the keys that have no value. */
function given<T extends object>(filter: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

function textOf(value: unknown): string {
  if (value instanceof Date) return value.toISOString();
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
