import { CliError } from "../cli-error.ts";
import type { CommandKit } from "../command-kit.ts";
import { collect, numberOf } from "../read-option.ts";

interface CreateOptions {
  readonly role?: string;
  readonly allow: readonly string[];
  readonly groups?: string;
  readonly kinds?: string;
  readonly selector?: string;
  readonly days: string;
}

const LIMITED_BY = {
  groups: ["config.publish", "node.operate"],
  kinds: ["config.edit"],
  selector: ["node.operate"],
};

/** `token create`, `token list` and `token revoke`. */
export function addTokens({ call, command, print, printLines }: CommandKit): void {
  const token = command("token", "API tokens, for scripts (SLUICE_TOKEN) and the HTTP API");

  command("create <name>", "make a token with a part of what you may do; it is shown once", token)
    .option("--role <role>", "what this role allows now")
    .option("--allow <permission>", "a permission, like config.publish; may be repeated", collect, [])
    .option("--groups <names>", "limits config.publish and node.operate to these groups, with commas between")
    .option("--kinds <kinds>", "limits config.edit to these kinds of resources, with commas between")
    .option("--selector <labels>", "limits node.operate to nodes with these labels")
    .option("--days <n>", "how long it is valid", "90")
    .action(async (name: string, options: CreateOptions) => {
      const input = { name, ...grantsFrom(options), lifetimeS: (numberOf(options.days) ?? 90) * 86_400 };
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

function grantsFrom({ role, allow, groups, kinds, selector }: CreateOptions) {
  const limits = { groups: listOf(groups), kinds: listOf(kinds), selector };
  for (const limit of ["groups", "kinds", "selector"] as const)
    if (limits[limit] !== undefined && !allow.some((permission) => LIMITED_BY[limit].includes(permission)))
      throw new CliError(
        `--${limit} limits ${LIMITED_BY[limit].join(" and ")}, and --allow names neither`,
        2,
      );
  if (role !== undefined && allow.length === 0) return { role };
  if (role !== undefined || allow.length === 0)
    throw new CliError("say what the token may do: --role, or --allow once for each permission", 2);
  const given = (permission: string, limit: keyof typeof LIMITED_BY) =>
    LIMITED_BY[limit].includes(permission);
  return {
    grants: allow.map((permission) => ({
      permission,
      ...(given(permission, "groups") && limits.groups ? { groups: limits.groups } : {}),
      ...(given(permission, "kinds") && limits.kinds ? { kinds: limits.kinds } : {}),
      ...(given(permission, "selector") && selector !== undefined ? { selector } : {}),
    })),
  };
}

function listOf(text: string | undefined): string[] | undefined {
  return text?.split(",").map((item) => item.trim());
}
