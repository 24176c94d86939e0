import type { ApiClient } from "../api-client.ts";
import { CliError } from "../cli-error.ts";
import type { CommandKit } from "../command-kit.ts";
import { readCredentials } from "../credentials.ts";
import { numberOf } from "../read-option.ts";
import { readAll } from "./ask.ts";

interface NewPerson {
  readonly name?: string;
  readonly role: string;
}

/** people: list, invite, add, links, revoke-link, role, reset-password, reset-second-factor, disable, enable, remove. */
export function addPeople(kit: CommandKit): void {
  const { call, command, print, printLines, surroundings } = kit;
  const people = command("people", "who may sign in to the dashboard, and as what");
  const acceptAddress = (token: string) =>
    `${readCredentials(surroundings.environment).server}/accept#${token}`;
  const change = (
    nameAndArguments: string,
    description: string,
    told: string,
    run: (client: ApiClient, id: string) => Promise<unknown>,
  ) =>
    command(nameAndArguments, description, people).action(async (email: string) => {
      await call(async (client) => await run(client, await idOf(client, email)));
      printLines({ email, done: told }, [`${email} ${told}`]);
    });

  command("list", "everybody, with role, second factor and when they were last here", people).action(
    async () => {
      const rows = await call((client) => client.people.list.query());
      print(
        rows,
        [
          { title: "e-mail", value: (row) => row.email },
          { title: "name", value: (row) => row.name },
          { title: "role", value: (row) => row.role },
          { title: "state", value: (row) => (row.disabled ? "disabled" : "active") },
          { title: "second factor", value: (row) => row.secondFactors.join(" ") || "none" },
          { title: "due", value: (row) => row.secondFactorDueAt?.toISOString() ?? "" },
          { title: "last seen", value: (row) => row.lastSeenAt?.toISOString() ?? "-" },
        ],
        rows,
      );
    },
  );

  command("invite <email>", "make a link with which somebody makes their account; it is shown once", people)
    .requiredOption("--role <role>", "what they may do")
    .option("--name <name>", "their name (default: the e-mail)")
    .option("--days <n>", "how long the link is good", "3")
    .action(async (email: string, { name = email, role, days }: NewPerson & { days: string }) => {
      const lifetimeS = (numberOf(days) ?? 3) * 86_400;
      const made = await call((client) => client.invitation.create.mutate({ email, name, role, lifetimeS }));
      const link = acceptAddress(made.token);
      printLines({ ...made, link }, [link, `good once, until ${made.expiresAt.toISOString()}`]);
    });

  command("add <email>", "make an account with a password that is read from standard input", people)
    .requiredOption("--role <role>", "what they may do")
    .requiredOption("--password-stdin", "read the password from standard input")
    .option("--name <name>", "their name (default: the e-mail)")
    .action(async (email: string, { name = email, role }: NewPerson) => {
      const password = await readAll(process.stdin);
      const made = await call((client) => client.people.create.mutate({ email, name, role, password }));
      printLines(made, [`${email} can sign in as ${role}`]);
    });

  command("links", "links to accounts and new passwords that are good still", people).action(async () => {
    const rows = await call((client) => client.invitation.list.query());
    print(
      rows,
      [
        { title: "id", value: (row) => row.id },
        { title: "e-mail", value: (row) => row.email },
        {
          title: "for",
          value: (row) => (row.kind === "account" ? `an account as ${row.role}` : "a new password"),
        },
        { title: "by", value: (row) => row.createdBy },
        { title: "until", value: (row) => row.expiresAt.toISOString() },
      ],
      rows,
    );
  });

  command("revoke-link <id>", "make a link worthless", people).action(async (id: string) => {
    await call((client) => client.invitation.revoke.mutate({ id }));
    printLines({ revoked: id }, [`revoked link ${id}`]);
  });

  command("role <email> <role>", "give somebody another role, at once", people).action(
    async (email: string, role: string) => {
      await call(async (client) => client.people.setRole.mutate({ id: await idOf(client, email), role }));
      printLines({ email, role }, [`${email} is ${role} now`]);
    },
  );

  command(
    "reset-password <email>",
    "make a link with which somebody sets a new password; it is shown once",
    people,
  )
    .option(
      "--password-stdin",
      "set the password that is read from standard input instead; ends all sessions",
    )
    .action(async (email: string, { passwordStdin }: { passwordStdin?: boolean }) => {
      const password = passwordStdin === true ? await readAll(process.stdin) : undefined;
      await call(async (client) => {
        const person = await idOf(client, email);
        if (password !== undefined) {
          await client.people.resetPassword.mutate({ id: person, password });
          return printLines({ email, reset: true }, [`${email} has the new password`]);
        }
        const made = await client.invitation.resetLink.mutate({ person });
        const link = acceptAddress(made.token);
        printLines({ ...made, link }, [link, `good once, until ${made.expiresAt.toISOString()}`]);
      });
    });

  change(
    "reset-second-factor <email>",
    "of somebody who lost app and codes, or passkeys: remove them, and end all sessions",
    "has no second factor any more",
    (client, id) => client.people.removeTwoFactor.mutate({ id }),
  );
  change("disable <email>", "end somebody's sessions and let them in no more", "is disabled", (client, id) =>
    client.people.disable.mutate({ id }),
  );
  change("enable <email>", "let somebody in again", "can sign in again", (client, id) =>
    client.people.enable.mutate({ id }),
  );
  change("remove <email>", "remove somebody's account, sessions and tokens", "is removed", (client, id) =>
    client.people.remove.mutate({ id }),
  );
}

/** Of whose account it is. */
export async function idOf(client: ApiClient, email: string): Promise<string> {
  const wanted = email.trim().toLowerCase();
  const found = (await client.people.list.query()).find((person) => person.email.toLowerCase() === wanted);
  if (found === undefined) throw new CliError(`nobody here has the e-mail ${email}`);
  return found.id;
}
