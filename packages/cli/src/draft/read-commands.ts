import type { DraftResource, Reference } from "@sluice/config";
import { type Command, Option } from "commander";
import type { CommandKit } from "../command-kit.ts";
import type { Column } from "../output.ts";
import { kindOf, numberOf } from "../read-option.ts";

export const RESOURCE_COLUMNS: readonly Column<DraftResource>[] = [
  { title: "kind", value: (row) => row.kind },
  { title: "name", value: (row) => row.name },
  { title: "change", value: (row) => row.change },
  { title: "problems", value: (row) => String(row.problems.length) },
  { title: "revision", value: (row) => String(row.revision) },
  { title: "updated by", value: (row) => row.updatedBy },
  { title: "updated", value: (row) => row.updatedAt.toISOString() },
];

const REFERENCE_COLUMNS: readonly Column<Reference>[] = [
  { title: "from", value: ({ from }) => `${from.kind}/${from.name}` },
  { title: "field", value: ({ path }) => path },
  { title: "to", value: ({ to }) => `${to.kind}/${to.name}` },
];

interface ListOptions {
  readonly search?: string;
  readonly change?: DraftResource["change"];
  readonly problems?: boolean;
  readonly limit: string;
}

/** draft status, list, show, uses. */
export function addDraftReads(
  { call, command, output, print, surroundings }: CommandKit,
  draft: Command,
): void {
  command(
    "status",
    "how many resources differ from what is live, and how many problems there are",
    draft,
  ).action(async () => {
    const status = await call((client) => client.draft.status.query());
    print(
      status,
      [
        { title: "what", value: ([name]: [string, unknown]) => name },
        { title: "is", value: ([, content]: [string, unknown]) => String(content ?? "–") },
      ],
      Object.entries(status),
    );
  });

  command("list [kind]", "the draft's resources: listeners, routes, clusters, endpoints, secrets", draft)
    .option("--search <text>", "only those with it in the name or the text")
    .addOption(
      new Option("--change <what>", "only those that differ so from what is live").choices([
        "added",
        "modified",
        "unchanged",
      ]),
    )
    .option("--problems", "only those that have problems")
    .option("--limit <n>", "how many, up to 1000", "1000")
    .action(async (kind: string | undefined, { search, change, problems, limit }: ListOptions) => {
      const { resources } = await call((client) =>
        client.draft.list.query({
          kind: kind === undefined ? undefined : kindOf(kind),
          search,
          change,
          withProblems: problems,
          limit: numberOf(limit),
        }),
      );
      print(resources, RESOURCE_COLUMNS, resources);
    });

  command("show <kind> <name>", "a resource of the draft as YAML, secrets as placeholders", draft).action(
    async (kind: string, name: string) => {
      const resource = await call((client) => client.draft.get.query({ kind: kindOf(kind), name }));
      if (output() === "table") surroundings.write(withLineEnd(resource.yaml));
      else print(resource, RESOURCE_COLUMNS, [resource]);
    },
  );

  command("uses <kind> <name>", "what a resource refers to, and what refers to it", draft).action(
    async (kind: string, name: string) => {
      const ref = { kind: kindOf(kind), name };
      const found = await call(async (client) => {
        await client.draft.get.query(ref);
        const [own, others] = await Promise.all([
          client.draft.references.query({ from: ref }),
          client.draft.usedBy.query(ref),
        ]);
        return [...own, ...others];
      });
      print(found, REFERENCE_COLUMNS, found);
    },
  );
}

function withLineEnd(text: string): string {
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}
