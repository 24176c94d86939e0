import { readFileSync } from "node:fs";
import type { SourcePlan, SourceState } from "@sluice/config";
import type { Command } from "commander";
import { CliError } from "../cli-error.ts";
import type { CommandKit } from "../command-kit.ts";
import type { Column } from "../output.ts";
import { readAll } from "./ask.ts";

const COLUMNS: readonly Column<SourceState>[] = [
  { title: "name", value: (row) => row.name },
  { title: "location", value: (row) => row.location },
  { title: "wins", value: (row) => row.winner },
  { title: "apply", value: (row) => row.apply },
  { title: "commit", value: (row) => row.commit?.slice(0, 10) ?? "" },
  { title: "applied", value: (row) => row.appliedCommit?.slice(0, 10) ?? "" },
  { title: "state", value: (row) => row.phase },
  { title: "message", value: (row) => row.message },
];

interface SettingsOptions {
  readonly directory?: boolean;
  readonly ref?: string;
  readonly path?: string;
  readonly wins: string;
  readonly apply: string;
  readonly group?: string;
  readonly interval: string;
  readonly username?: string;
  readonly passwordStdin?: boolean;
  readonly sshKey?: string;
  readonly knownHosts?: string;
}

export function addSources({ command, call, print, printLines }: CommandKit): void {
  const source = command("source", "directories and Git repositories that resources come from");

  settings(
    command(
      "add <name> <location>",
      "add a Git repository (https, ssh or file address), or with --directory a directory",
      source,
    ),
  ).action(async (name: string, location: string, options: SettingsOptions) => {
    const input = await inputOf(name, location, options);
    const added = await call((client) => client.source.add.mutate(input));
    printLines(added, [
      `added ${added.name}`,
      `webhook: POST /api/webhook/source/${added.name} with the secret ${added.webhookSecret} (shown this once)`,
    ]);
  });

  settings(
    command(
      "change <name> <location>",
      "change all settings of a source: what is not given is the default, but for credentials, which stay at the same location",
      source,
    ),
  ).action(async (name: string, location: string, options: SettingsOptions) => {
    const input = await inputOf(name, location, options);
    const changed = await call((client) => client.source.change.mutate(input));
    printLines(changed, [`changed ${name}`]);
  });

  command("list", "the sources, and how far each is", source).action(async () => {
    const sources = await call((client) => client.source.list.query());
    print(sources, COLUMNS, sources);
  });

  command(
    "plan <name>",
    "what a source would change in the draft, and where what is live differs from it",
    source,
  ).action(async (name: string) => {
    const plan = await call((client) => client.source.plan.query({ name }));
    printLines(plan, planLines(plan));
    if (plan.problems.some(({ problem }) => problem.severity === "error"))
      throw new CliError(`${name} has errors`);
  });

  command("sync <name>", "fetch a source now, take it into the draft and publish it", source)
    .option("--draft", "only into the draft")
    .action(async (name: string, options: { draft?: boolean }) => {
      const done = await call((client) =>
        client.source.sync.mutate({ name, publish: options.draft !== true }),
      );
      const what =
        done.version === undefined
          ? "in the draft"
          : done.request === undefined
            ? `published as version ${done.version}`
            : `version ${done.version} waits for approval: request ${done.request}`;
      printLines(done, [`${name} at ${done.commit.slice(0, 10)}: ${done.changed} changed, ${what}`]);
    });

  command("remove <name>", "forget a source; its resources stay in the draft", source).action(
    async (name: string) => {
      await call((client) => client.source.remove.mutate({ name }));
      printLines({ removed: name }, [`removed ${name}`]);
    },
  );
}

function settings(command: Command): Command {
  return command
    .option("--directory", "the location is a directory below SLUICE_SOURCES_DIR of the dashboard")
    .option("--ref <branch>", "branch, tag or commit (default: the default branch)")
    .option("--path <folder>", "folder in it (default: the whole)")
    .option(
      "--wins <who>",
      "source: its resources cannot be edited here; ui: what differs is only shown",
      "source",
    )
    .option("--apply <how>", "automatic: publish each new commit; manual: by `source sync`", "manual")
    .option("--group <name>", "whose nodes get it (default: the default group)")
    .option("--interval <seconds>", "between two looks", "60")
    .option("--username <name>", "for https")
    .option("--password-stdin", "for https: read password or token from standard input")
    .option("--ssh-key <file>", "for ssh: the private key")
    .option("--known-hosts <file>", "for ssh: the server's keys");
}

async function inputOf(name: string, location: string, options: SettingsOptions) {
  const given = {
    username: options.username,
    password: options.passwordStdin ? await readAll(process.stdin) : undefined,
    privateKey: fileOf(options.sshKey),
    knownHosts: fileOf(options.knownHosts),
  };
  return {
    name,
    kind: options.directory ? ("directory" as const) : ("git" as const),
    location,
    ref: options.ref,
    path: options.path,
    winner: oneOf("--wins", options.wins, ["source", "ui"]),
    apply: oneOf("--apply", options.apply, ["automatic", "manual"]),
    group: options.group,
    intervalMs: Math.round(Number(options.interval) * 1000),
    credentials: Object.values(given).every((each) => each === undefined) ? undefined : given,
  };
}

function planLines(plan: SourcePlan): readonly string[] {
  const nothing = plan.changes.length + plan.routeTests.length + plan.drift.length === 0;
  return [
    `commit ${plan.commit.slice(0, 10)} ${plan.commitSubject}`.trimEnd(),
    ...plan.changes.map(({ change, kind, name }) => `draft: ${change}  ${kind}/${name}`),
    ...plan.routeTests.map((name) => `draft: stored  route-test/${name}`),
    ...plan.drift.flatMap(({ kind, name, change, fields }) => [
      `live differs: ${change}  ${kind}/${name}`,
      ...fields.map(
        ({ path, before, after }) => `  ${path}: ${JSON.stringify(before)} → ${JSON.stringify(after)}`,
      ),
    ]),
    ...plan.ignored.map(({ path, reason }) => `ignored  ${path}: ${reason}`),
    ...plan.problems.map(
      ({ resource, problem }) =>
        `${problem.severity}  ${resource.kind}/${resource.name} ${problem.path}: ${problem.message}`,
    ),
    ...(nothing ? ["nothing to change"] : []),
  ];
}

function oneOf<const T extends string>(option: string, text: string, known: readonly T[]): T {
  const found = known.find((each) => each === text);
  if (found === undefined) throw new CliError(`${option} is one of ${known.join(", ")}`, 2);
  return found;
}

function fileOf(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new CliError(
      `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      2,
    );
  }
}
