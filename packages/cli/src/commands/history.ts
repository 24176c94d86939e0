import { Option } from "commander";
import { CliError } from "../cli-error.ts";
import type { CommandKit } from "../command-kit.ts";
import { EXIT_CODES } from "../exit-codes.ts";
import { collect, kindOf, numberOf } from "../read-option.ts";
import { resolveVersion } from "../resolve-version.ts";

interface RevertOptions {
  readonly to: string;
  readonly from?: string;
  readonly path?: string;
  readonly take: readonly string[];
  readonly all?: "old" | "draft";
}

/** `history`, `blame` and `revert`. */
export function addHistory({ call, command, print, printLines }: CommandKit): void {
  command("history [words...]", "what versions changed, newest first: by words in names, paths and values")
    .option("--kind <kind>", "only of one kind: listeners, routes, clusters, endpoints, secrets")
    .option("--name <name>", "only of the resource of that name")
    .option("--author <name>", "only what one person published")
    .option("--limit <n>", "how many", "50")
    .action(
      async (words: string[], options: { kind?: string; name?: string; author?: string; limit: string }) => {
        const { author, kind, name } = options;
        const { changes } = await call((client) =>
          client.history.search.query({
            limit: numberOf(options.limit) ?? 50,
            ...(words.length === 0 ? {} : { text: words.join(" ") }),
            ...(kind === undefined ? {} : { kind: kindOf(kind) }),
            ...(name === undefined ? {} : { name }),
            ...(author === undefined ? {} : { author }),
          }),
        );
        printLines(
          changes,
          changes.flatMap((change) => [
            `${change.version}  ${change.createdAt.toISOString()}  ${change.author}  ${change.change} ${change.kind}/${change.name}  ${change.message}`,
            ...change.fields.map(
              ({ path, before, after }) => `    ${path}: ${shown(before)} → ${shown(after)}`,
            ),
          ]),
        );
      },
    );

  command(
    "blame <kind> <name>",
    "who gave each field of a resource its value, in which version, when and why",
  )
    .option("--path <text>", "only fields whose path contains it")
    .option("--version <version>", "as a version had it (number or tag; default: the newest)")
    .action(async (kind: string, name: string, options: { path?: string; version?: string }) => {
      const { path, version } = options;
      const blame = await call(async (client) =>
        client.history.blame.query({
          kind: kindOf(kind),
          name,
          ...(path === undefined ? {} : { path }),
          ...(version === undefined ? {} : { version: await resolveVersion(client, version) }),
        }),
      );
      print(
        blame,
        [
          { title: "version", value: (row) => String(row.version) },
          { title: "author", value: (row) => row.author },
          { title: "published", value: (row) => row.createdAt.toISOString() },
          { title: "field", value: (row) => row.path },
          { title: "value", value: (row) => shown(row.value) },
          { title: "message", value: (row) => row.message },
        ],
        blame.fields,
      );
    });

  command(
    "revert <kind> <name>",
    "take back in the draft what was changed in a resource between two versions; exit code 3 where the draft has other values and none was chosen",
  )
    .requiredOption(
      "--to <version>",
      "the version that it shall be as again (number or tag; 0: as before there was any)",
    )
    .option("--from <version>", "the version whose change is taken back (default: what is live)")
    .option("--path <path>", "only the change at this field")
    .option("--take <path=old|draft>", "for a conflict: which value; may be repeated", collect, [])
    .addOption(new Option("--all <which>", "for all conflicts: which value").choices(["old", "draft"]))
    .action(async (kind: string, name: string, options: RevertOptions) => {
      const choices = Object.fromEntries(options.take.map(choiceOf));
      const { path } = options;
      const done = await call(async (client) => {
        const numbered = async (text: string) => (text === "0" ? 0 : await resolveVersion(client, text));
        const input = {
          kind: kindOf(kind),
          name,
          to: await numbered(options.to),
          ...(options.from === undefined ? {} : { from: await numbered(options.from) }),
          ...(path === undefined ? {} : { path }),
        };
        const first = await client.history.revert.mutate({ ...input, choices });
        if (first.state === "done" || options.all === undefined) return first;
        const all = Object.fromEntries(
          first.conflicts.map((conflict) => [conflict.path, options.all ?? "draft"]),
        );
        return await client.history.revert.mutate({ ...input, choices: { ...all, ...choices } });
      });
      if (done.state === "conflict") {
        printLines(
          done,
          done.conflicts.map(
            (conflict) =>
              `${conflict.path || "the whole resource"}: old ${shown(conflict.old)}, draft ${shown(conflict.draft)}`,
          ),
        );
        throw new CliError(
          "the draft has other values there: choose with --take PATH=old or PATH=draft, or --all",
          EXIT_CODES.conflict.code,
        );
      }
      printLines(done, [
        done.changed ? "reverted in the draft; `sluice diff` shows it" : "nothing to take back",
      ]);
    });
}

function choiceOf(text: string): readonly [string, "old" | "draft"] {
  const [, path = "", which] = /^(.*)=(old|draft)$/.exec(text) ?? [];
  if (which !== "old" && which !== "draft")
    throw new CliError(`--take '${text}': use PATH=old or PATH=draft`, 2);
  return [path, which];
}

function shown(value: unknown): string {
  return value === undefined ? "–" : typeof value === "string" ? value : JSON.stringify(value);
}
