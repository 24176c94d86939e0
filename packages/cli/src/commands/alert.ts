import type { Alert, AlertMeasure, AlertReading, AlertRule, AlertScope, Silence } from "@sluice/config";
import { Option } from "commander";
import { CliError } from "../cli-error.ts";
import type { CommandKit } from "../command-kit.ts";
import type { Column } from "../output.ts";

const MEASURES = ["error_rate", "latency_p99", "request_rate", "node_lost", "certificate_days"];

const ALERT_COLUMNS: readonly Column<Alert>[] = [
  { title: "rule", value: (row) => row.rule },
  { title: "target", value: (row) => row.target },
  { title: "state", value: (row) => (row.silence === undefined ? row.state : `${row.state} (silenced)`) },
  { title: "since", value: (row) => row.since.toISOString() },
  { title: "value", value: (row) => valueText(row.value) },
];

const RULE_COLUMNS: readonly Column<AlertRule>[] = [
  { title: "rule", value: (row) => row.name },
  { title: "condition", value: (row) => `${row.measure} ${row.threshold.when} ${row.threshold.value}` },
  { title: "scope", value: (row) => [row.scope.kind, row.scope.name].filter(Boolean).join("/") },
  { title: "window", value: (row) => `${row.windowMs / 1000} s` },
  { title: "for", value: (row) => `${row.forMs / 1000} s` },
  { title: "on", value: (row) => (row.enabled ? "yes" : "no") },
];

const READING_COLUMNS: readonly Column<AlertReading>[] = [
  { title: "target", value: (row) => row.target },
  { title: "value", value: (row) => valueText(row.value) },
  { title: "crossed", value: (row) => (row.crossed ? "yes" : "no") },
];

const SILENCE_COLUMNS: readonly Column<Silence>[] = [
  { title: "silence", value: (row) => row.id },
  { title: "rule", value: (row) => row.rule ?? "(every)" },
  { title: "target", value: (row) => row.target ?? "(every)" },
  { title: "until", value: (row) => row.expiresAt.toISOString() },
  { title: "by", value: (row) => row.author },
  { title: "reason", value: (row) => row.reason },
];

interface PutOptions {
  readonly measure: AlertMeasure;
  readonly above?: string;
  readonly below?: string;
  readonly scope: string;
  readonly window: string;
  readonly for: string;
  readonly requests: string;
  readonly off?: boolean;
}

/** `alert list|rules|put|remove|test|silence|silences|unsilence`. */
export function addAlerts(kit: CommandKit): void {
  const { call, command, print, printLines } = kit;
  const parent = command("alert", "rules over what goes through, what they say, and silences");

  command("list", "what is pending, firing, or was resolved in the last day", parent).action(async () => {
    const rows = await call((client) => client.alert.list.query());
    print(rows, ALERT_COLUMNS, rows);
  });

  command("rules", "the alert rules", parent).action(async () => {
    const rows = await call((client) => client.alert.rules.query());
    print(rows, RULE_COLUMNS, rows);
  });

  command("put <name>", "add an alert rule, or replace the one of that name", parent)
    .addOption(new Option("--measure <measure>", "what is compared").choices(MEASURES).makeOptionMandatory())
    .option(
      "--above <value>",
      "fires above it (error_rate 0 to 1, latency ms, rates per second, seconds, days)",
    )
    .option("--below <value>", "fires below it")
    .option(
      "--scope <kind[/name]>",
      "all, or each group, node, listener, host, route or cluster, or one",
      "all",
    )
    .option("--window <time>", "over how long traffic is measured", "1m")
    .option("--for <time>", "how long the threshold must be crossed", "1m")
    .option("--requests <n>", "with fewer requests in the window nothing is concluded", "20")
    .option("--off", "keep it, but do not look at it")
    .action(async (name: string, options: PutOptions) => {
      const rule = await call((client) => client.alert.put.mutate(ruleOf(name, options)));
      print(rule, RULE_COLUMNS, [rule]);
    });

  command("remove <name>", "remove a rule with its alerts and silences", parent).action(
    async (name: string) => {
      await call((client) => client.alert.remove.mutate({ name }));
      printLines({ removed: name }, [`removed the alert rule '${name}'`]);
    },
  );

  command("test <name>", "what a rule would say now of each of its targets", parent).action(
    async (name: string) => {
      const rows = await call(async (client) => {
        const rule = (await client.alert.rules.query()).find((one) => one.name === name);
        if (rule === undefined) throw new CliError(`there is no alert rule '${name}'`);
        const { measure, threshold, scope, windowMs, forMs, requestsMin } = rule;
        return await client.alert.try.query({
          name,
          measure,
          threshold,
          windowMs,
          forMs,
          requestsMin,
          scope: { kind: scope.kind, ...(scope.name === undefined ? {} : { name: scope.name }) },
        });
      });
      print(rows, READING_COLUMNS, rows);
    },
  );

  command("silence [rule]", "keep a rule, a target or everything quiet for a while", parent)
    .requiredOption("--for <time>", "how long: 30m, 2h, 1d")
    .requiredOption("-m, --reason <text>", "why")
    .option("--target <target>", "only this one, like cluster/web")
    .action(async (rule: string | undefined, options: { for: string; reason: string; target?: string }) => {
      const silence = await call((client) =>
        client.alert.silence.mutate({
          reason: options.reason,
          durationMs: millisecondsOf(options.for),
          ...(rule === undefined ? {} : { rule }),
          ...(options.target === undefined ? {} : { target: options.target }),
        }),
      );
      print(silence, SILENCE_COLUMNS, [silence]);
    });

  command("silences", "silences in force", parent).action(async () => {
    const rows = await call((client) => client.alert.silences.query());
    print(rows, SILENCE_COLUMNS, rows);
  });

  command("unsilence <id>", "end a silence now", parent).action(async (id: string) => {
    await call((client) => client.alert.unsilence.mutate({ id }));
    printLines({ ended: id }, [`ended the silence ${id}`]);
  });
}

function ruleOf(name: string, options: PutOptions) {
  const { above, below, measure } = options;
  const text = above ?? below;
  if (text === undefined || (above !== undefined && below !== undefined))
    throw new CliError("use one of --above and --below", 2);
  const slash = options.scope.indexOf("/");
  const kind = (slash < 0 ? options.scope : options.scope.slice(0, slash)) as AlertScope["kind"];
  return {
    name,
    measure,
    threshold: { when: above === undefined ? ("below" as const) : ("above" as const), value: Number(text) },
    scope: { kind, ...(slash < 0 ? {} : { name: options.scope.slice(slash + 1) }) },
    windowMs: millisecondsOf(options.window),
    forMs: millisecondsOf(options.for),
    requestsMin: Number(options.requests),
    enabled: options.off !== true,
  };
}

const UNITS_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90s`, `5m`, `2h`, `1d`. */
function millisecondsOf(text: string): number {
  const [, digits = "", unit = ""] = /^(\d+)([smhd])$/.exec(text) ?? [];
  const unitMs = UNITS_MS[unit];
  if (unitMs === undefined) throw new CliError(`'${text}' is no time: use 90s, 5m, 2h or 1d`, 2);
  return Number(digits) * unitMs;
}

function valueText(value: number | undefined): string {
  return value === undefined ? "-" : String(Number(value.toPrecision(4)));
}
