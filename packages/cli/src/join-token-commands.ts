import type { JoinTokenState } from "@sluice/config";
import { CliError } from "./cli-error.ts";
import type { CommandKit } from "./command-kit.ts";
import type { Column } from "./output.ts";
import { collect, numberOf } from "./read-option.ts";

interface CreateOptions {
  readonly node?: string;
  readonly label: readonly string[];
  readonly uses?: string;
  readonly lifetime: string;
  readonly note?: string;
}

const TOKEN_COLUMNS: readonly Column<JoinTokenState>[] = [
  { title: "token", value: (row) => row.id },
  { title: "state", value: (row) => row.state },
  { title: "node", value: (row) => row.node ?? "(any new one)" },
  { title: "uses", value: (row) => `${row.uses}/${row.usesMax}` },
  { title: "expires", value: (row) => row.expiresAt.toISOString() },
  { title: "by", value: (row) => row.createdBy },
  { title: "labels", value: (row) => labelText(row.labels) },
  { title: "note", value: (row) => row.note },
];

const UNITS_S: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** join-token: create, list, revoke. */
export function addJoinTokenCommands({ call, command, print }: CommandKit): void {
  const tokens = command("join-token", "tokens that let nodes in: see `join`");

  command("create", "make a token (admin); it is printed this once and stored nowhere", tokens)
    .option("--node <id>", "for this node id, once (default: for any id that no node has yet)")
    .option("--label <key=value>", "labels of the nodes that join with it; may be repeated", collect, [])
    .option("--uses <n>", "how many nodes it lets in (default: 1)")
    .option("--lifetime <time>", "how long it can be used: 90s, 30m, 12h, 7d", "1h")
    .option("--note <text>", "for people")
    .action(async ({ node, label, uses, lifetime, note }: CreateOptions) => {
      const created = await call((client) =>
        client.join.createToken.mutate({
          node,
          labels: labelsOf(label),
          uses: numberOf(uses),
          lifetimeS: secondsOf(lifetime),
          note,
        }),
      );
      print(
        created,
        [
          { title: "id", value: (row) => row.id },
          { title: "expires", value: (row) => row.expiresAt.toISOString() },
          { title: "token", value: (row) => row.token },
        ],
        [created],
      );
    });

  command("list", "the tokens, newest first, without what is secret of them", tokens).action(async () => {
    const rows = await call((client) => client.join.tokens.query());
    print(rows, TOKEN_COLUMNS, rows);
  });

  command(
    "revoke <id>",
    "let nobody in by a token any more (admin); nodes that joined with it stay",
    tokens,
  ).action(async (id: string) => {
    await call((client) => client.join.revokeToken.mutate({ id }));
    const revoked = { revoked: id };
    print(revoked, [{ title: "revoked", value: (row: typeof revoked) => row.revoked }], [revoked]);
  });
}

function labelsOf(texts: readonly string[]): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const text of texts) {
    const equals = text.indexOf("=");
    if (equals < 1) throw new CliError(`--label ${text}: use key=value`, 2);
    labels[text.slice(0, equals)] = text.slice(equals + 1);
  }
  return labels;
}

function labelText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
}

function secondsOf(text: string): number {
  const [, number = "", unit = ""] = /^(\d+)([smhd])$/.exec(text) ?? [];
  const seconds = Number(number) * (UNITS_S[unit] ?? 0);
  if (!(seconds > 0)) throw new CliError(`--lifetime ${text}: use 90s, 30m, 12h or 7d`, 2);
  return seconds;
}
