import { type Command, Option } from "commander";
import { CliError } from "./cli-error.ts";
import type { CommandKit } from "./command-kit.ts";
import { GROUP_COLUMNS } from "./commands/groups.ts";
import { type ProbeOptions, probeOf, withProbe } from "./commands/probe.ts";
import { OUTPUT_FORMATS } from "./output.ts";
import { numberOf } from "./read-option.ts";
import { optionalVersion } from "./resolve-version.ts";

/** groups, freeze, unfreeze, label. */
export function addGroupCommands({
  command,
  call,
  print,
}: Pick<CommandKit, "command" | "call" | "print">): void {
  const groups = command("groups", "the groups of nodes, in the order in which nodes are matched").action(
    async () => {
      const rows = await call((client) => client.group.list.query());
      print(rows, GROUP_COLUMNS, rows);
    },
  );
  // `-o` of a subcommand is told to the program by the hook of `groups`.
  const arrange = (nameAndArguments: string, description: string): Command =>
    groups
      .command(nameAndArguments)
      .description(description)
      .exitOverride()
      .addOption(new Option("-o, --output <format>").choices([...OUTPUT_FORMATS]).hideHelp());

  arrange("create <name> <selector>", "make a group of the nodes whose labels match, like 'zone in (a, b)'")
    .option("--position <n>", "from 1; the first group that matches takes a node (default: the last)")
    .option(
      "--version <version>",
      "what its nodes run: number or tag (default: what the default group follows)",
    )
    .action(async (name: string, selector: string, options: { position?: string; version?: string }) => {
      const position = numberOf(options.position);
      const group = await call(async (client) =>
        client.group.create.mutate({
          name,
          selector,
          position: position === undefined ? undefined : position - 1,
          version: await optionalVersion(client, options.version),
        }),
      );
      print(group, GROUP_COLUMNS, [group]);
    });

  arrange("change <name> <selector>", "give a group another selector").action(
    async (name: string, selector: string) => {
      const group = await call((client) => client.group.change.mutate({ name, selector }));
      print(group, GROUP_COLUMNS, [group]);
    },
  );

  withProbe(
    arrange(
      "probe <name>",
      "the synthetic request that a group's rollouts send to every node; --no-probe: none",
    ),
  ).action(async (name: string, options: ProbeOptions) => {
    const probe = probeOf(options);
    if (probe === undefined) throw new CliError("say --probe, or --no-probe to take it away", 2);
    const group = await call((client) => client.group.setProbe.mutate({ group: name, probe }));
    print(group, GROUP_COLUMNS, [group]);
  });

  arrange("remove <name>", "remove a group; its nodes go where they match next").action(
    async (name: string) => {
      await call((client) => client.group.remove.mutate({ name }));
      print(
        { removed: name },
        [{ title: "removed", value: (row: { removed: string }) => row.removed }],
        [{ removed: name }],
      );
    },
  );

  arrange("order <names...>", "the order in which nodes are matched: every group but the default one").action(
    async (names: readonly string[]) => {
      const rows = await call((client) => client.group.reorder.mutate({ names: [...names] }));
      print(rows, GROUP_COLUMNS, rows);
    },
  );

  command("freeze [group]", "refuse to publish to a group until it is unfrozen (default: the default group)")
    .requiredOption("-m, --message <text>", "why: whoever is refused reads it")
    .action(async (group: string | undefined, options: { message: string }) => {
      const row = await call((client) =>
        client.group.freeze.mutate({ group: group ?? "default", reason: options.message }),
      );
      print(row, GROUP_COLUMNS, [row]);
    });

  command("unfreeze [group]", "let a group be published to again").action(
    async (group: string | undefined) => {
      const row = await call((client) => client.group.unfreeze.mutate({ group: group ?? "default" }));
      print(row, GROUP_COLUMNS, [row]);
    },
  );

  command("label <node> [labels...]", "set labels of a node (key=value), or take them away (key-)").action(
    async (id: string, changes: readonly string[]) => {
      const node = await call((client) => client.node.get.query({ id }));
      const labels = applyLabels(node.operatorLabels, changes);
      await call((client) => client.node.setLabels.mutate({ id, labels }));
      const rows = Object.entries(labels);
      print(labels, [{ title: "label", value: ([key, value]: [string, string]) => `${key}=${value}` }], rows);
    },
  );
}

function applyLabels(
  before: Readonly<Record<string, string>>,
  changes: readonly string[],
): Record<string, string> {
  const labels = { ...before };
  for (const change of changes) {
    const equals = change.indexOf("=");
    if (equals > 0) labels[change.slice(0, equals)] = change.slice(equals + 1);
    else if (equals < 0 && change.endsWith("-") && change.length > 1) delete labels[change.slice(0, -1)];
    else throw new CliError(`${change}: use key=value to set a label, key- to take it away`, 2);
  }
  return labels;
}
