import type { Command } from "commander";
import { type CommandKit, WATCH_OPTION } from "./command-kit.ts";
import { APPROVAL_COLUMNS } from "./commands/approval.ts";
import { withProbe } from "./commands/probe.ts";
import { publish } from "./commands/publish.ts";
import { rollback } from "./commands/rollback.ts";
import { EVENT_COLUMNS, ROLLOUT_COLUMNS, rolloutUnderWay } from "./commands/rollouts.ts";
import { type StrategyOptions, strategyOf } from "./commands/strategy.ts";
import type { Column } from "./output.ts";
import { numberOf, timeoutOf } from "./read-option.ts";
import { resolveVersion } from "./resolve-version.ts";

export const VERSION_COLUMNS: readonly Column<{
  number: number;
  live: boolean;
  author: string;
  createdAt: Date;
  message: string;
  tags: readonly string[];
}>[] = [
  { title: "version", value: (row) => String(row.number) },
  { title: "live", value: (row) => (row.live ? "live" : "") },
  { title: "author", value: (row) => row.author },
  { title: "created", value: (row) => row.createdAt.toISOString() },
  { title: "tags", value: (row) => row.tags.join(",") },
  { title: "message", value: (row) => row.message },
];

interface ReleaseOptions extends StrategyOptions {
  readonly group?: string;
  readonly wait?: boolean;
  readonly timeout: string;
}

interface RolloutsOptions {
  readonly group?: string;
  readonly limit: string;
  readonly watch?: boolean;
}

/** publish, rollback, and what steers and shows their rollouts. */
export function addReleaseCommands(kit: CommandKit): void {
  const { command, call, print, printRead, surroundings } = kit;
  const { warn } = surroundings;

  withStrategy(command("publish", "freeze the draft into a version and roll it out to the nodes"))
    .requiredOption("-m, --message <text>", "what changed and why")
    .option(
      "--override <reason>",
      "publish although route tests or the dry run fail (admin; the reason is on record)",
    )
    .action(async (options: ReleaseOptions & { message: string; override?: string }) => {
      const { message, group, override } = options;
      const input = { message, group, override, strategy: strategyOf(options), waitMs: waitOf(options) };
      const result = await call((client) => publish(client, input, warn));
      if (result.request !== undefined) {
        print(result, APPROVAL_COLUMNS, [result.request]);
        return;
      }
      print(result, VERSION_COLUMNS, [result.version]);
    });

  withStrategy(command("rollback <version>", "roll an older version (number or tag) out again"))
    .option("-m, --message <text>", "why; read by whoever has to approve it")
    .action(async (version: string, options: ReleaseOptions & { message?: string }) => {
      const { group, message } = options;
      const input = {
        group,
        reason: message,
        strategy: strategyOf(options),
        waitMs: waitOf(options),
      };
      const { rollout, request } = await call(async (client) =>
        rollback(client, { ...input, version: await resolveVersion(client, version) }, warn),
      );
      if (request !== undefined) {
        print(request, APPROVAL_COLUMNS, [request]);
        return;
      }
      print(
        rollout,
        [
          { title: "live", value: (row) => String(row.version) },
          { title: "group", value: (row) => row.group },
          { title: "rollout", value: (row) => String(row.id) },
          { title: "by", value: (row) => row.author },
        ],
        [rollout],
      );
    });

  command("rollouts [rollout]", "the rollouts, newest first; of one rollout, what happened and why")
    .option("--group <name>", "of one group only")
    .option("--limit <n>", "how many", "20")
    .option(...WATCH_OPTION)
    .action(async (rollout: string | undefined, options: RolloutsOptions) => {
      const { group, watch } = options;
      const id = numberOf(rollout);
      if (id !== undefined) {
        const history = () => call((client) => client.rollout.history.query({ rollout: id }));
        await printRead(watch, history, EVENT_COLUMNS);
        return;
      }
      const limit = numberOf(options.limit) ?? 20;
      const rows = () => call((client) => client.version.rollouts.query({ limit, group }));
      await printRead(watch, rows, ROLLOUT_COLUMNS);
    });

  addSteering(kit);
}

function addSteering({ command, call, print }: Pick<CommandKit, "command" | "call" | "print">): void {
  const steering = (name: string, description: string): Command =>
    command(`${name} [rollout]`, `${description} (default: the one that is under way)`)
      .option("--group <name>", "the one under way in this group")
      .option("--reason <text>", "why, for its history");
  interface SteerOptions {
    readonly group?: string;
    readonly reason?: string;
  }

  steering("promote", "give a canary's version to all nodes now")
    .option("--next", "go on by one step only")
    .action(async (rollout: string | undefined, options: SteerOptions & { next?: boolean }) => {
      const row = await call(async (client) =>
        client.rollout.promote.mutate({
          rollout: numberOf(rollout) ?? (await rolloutUnderWay(client, options.group)),
          reason: options.reason,
          to: options.next ? "next" : "all",
        }),
      );
      print(row, ROLLOUT_COLUMNS, [row]);
    });

  const verbs = {
    pause: "stop a rollout where it is",
    resume: "go on with a paused rollout; its step begins anew",
    abort: "take a rollout back: its nodes get what they had",
  } as const;
  for (const verb of ["pause", "resume", "abort"] as const) {
    steering(verb, verbs[verb]).action(async (rollout: string | undefined, options: SteerOptions) => {
      const row = await call(async (client) =>
        client.rollout[verb].mutate({
          rollout: numberOf(rollout) ?? (await rolloutUnderWay(client, options.group)),
          reason: options.reason,
        }),
      );
      print(row, ROLLOUT_COLUMNS, [row]);
    });
  }
}

function withStrategy(command: Command): Command {
  return withProbe(
    command.option("--group <name>", "the group of nodes that gets it (default: the default group)"),
  )
    .option("--canary <selector or percent>", "who gets it first: zone=a, or 10%")
    .option("--steps <percentages>", "further steps, like 10,50,100")
    .option("--wait-step <time>", "how long each step is watched before the next (default: 60s)")
    .option("--within <time>", "how long a step's nodes may take to be effective (default: 60s)")
    .option("--manual", "go on to each next step only by `promote`")
    .option("--on-failure <what>", "revert, pause or keep (default: revert with steps, else keep)")
    .option("--no-compare", "do not compare error rates and latencies of new and old nodes")
    .option("--min-requests <n>", "requests that each side needs before they are compared (default: 100)")
    .option("--wait", "return when it is effective on every connected node, or fail saying where it is not")
    .option("--timeout <seconds>", "how long --wait waits", "60");
}

function waitOf({ wait, timeout }: ReleaseOptions): number {
  return wait ? timeoutOf(timeout) : 0;
}
