import { CliError } from "../cli-error.ts";
import type { CommandKit } from "../command-kit.ts";
import { type GrantOptions, grantsFrom, withGrants } from "../grant-options.ts";
import { numberOf } from "../read-option.ts";

interface CreateOptions extends GrantOptions {
  readonly role?: string;
  readonly days: string;
}

/** `token create`, `token list` and `token revoke`. */
export function addTokens({ call, command, print, printLines }: CommandKit): void {
  const token = command("token", "API tokens, for scripts (SLUICE_TOKEN) and the HTTP API");

  withGrants(
    command("create <name>", "make a token with a part of what you may do; it is shown once", token).option(
      "--role <role>",
      "what this role allows now",
    ),
  )
    .option("--days <n>", "how long it is valid", "90")
    .action(async (name: string, options: CreateOptions) => {
      const input = { name, ...allowedBy(options), lifetimeS: (numberOf(options.days) ?? 90) * 86_400 };
      const made = await call((client) => client.token.create.mutate(input));
      printLines(made, [
        made.token,
        `valid until ${made.expiresAt.toISOString()}; it is not shown again. Use it as SLUICE_TOKEN.`,
      ]);
    });

  command("list", "your tokens, with their last use", token)
    .option("--all", "everybody's")
    .action(async (options: { all?: boolean }) => {
      const rows = await call((client) => client.token.list.query({ all: options.all ?? false }));
      print(
        rows,
        [
          { title: "id", value: (row) => row.id },
          { title: "name", value: (row) => row.name },
          { title: "owner", value: (row) => row.owner },
          { title: "state", value: (row) => row.state },
          { title: "allows", value: (row) => row.grants.map(({ permission }) => permission).join(" ") },
          { title: "expires", value: (row) => row.expiresAt.toISOString() },
          { title: "last used", value: (row) => row.lastUsedAt?.toISOString() ?? "never" },
        ],
        rows,
      );
    });

  command("revoke <id>", "make a token worthless at once", token).action(async (id: string) => {
    await call((client) => client.token.revoke.mutate({ id }));
    printLines({ revoked: id }, [`revoked token ${id}`]);
  });
}

function allowedBy({ role, ...options }: CreateOptions) {
  const grants = grantsFrom(options);
  if (role !== undefined && grants.length === 0) return { role };
  if (role !== undefined || grants.length === 0)
    throw new CliError("say what the token may do: --role, or --allow once for each permission", 2);
  return { grants };
}
