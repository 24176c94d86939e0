import { CliError } from "../cli-error.ts";
import type { CommandKit } from "../command-kit.ts";
import { type GrantOptions, grantsFrom, withGrants } from "../grant-options.ts";

interface PutOptions extends GrantOptions {
  readonly description?: string;
}

/** role: list, put, remove. */
export function addRoles({ call, command, print, printLines }: CommandKit): void {
  const role = command("role", "named sets of permissions that people have");

  command("list", "the built-in roles and those of your own, with how many people have each", role).action(
    async () => {
      const rows = await call((client) => client.role.list.query());
      print(
        rows,
        [
          { title: "role", value: (row) => row.name },
          { title: "built in", value: (row) => (row.builtIn ? "yes" : "no") },
          { title: "people", value: (row) => String(row.people) },
          { title: "allows", value: (row) => row.grants.map(({ permission }) => permission).join(" ") },
          { title: "description", value: (row) => row.description },
        ],
        rows,
      );
    },
  );

  withGrants(
    command(
      "put <name>",
      "make a role, or change what one of your own allows: all that is not given is gone",
      role,
    ).option("--description <text>", "for people"),
  ).action(async (name: string, { description, ...options }: PutOptions) => {
    const grants = grantsFrom(options);
    if (grants.length === 0)
      throw new CliError("say what the role allows: --allow once for each permission", 2);
    const input = { name, description, grants };
    const made = await call(async (client) => {
      const known = (await client.role.list.query()).find((each) => each.name === name);
      if (known === undefined) await client.role.create.mutate(input);
      else await client.role.change.mutate({ ...input, expectedRevision: known.revision });
      return known === undefined;
    });
    printLines({ ...input, created: made }, [`${made ? "made" : "changed"} the role ${name}`]);
  });

  command("remove <name>", "remove a role that nobody has", role).action(async (name: string) => {
    await call((client) => client.role.remove.mutate({ name }));
    printLines({ removed: name }, [`removed the role ${name}`]);
  });
}
