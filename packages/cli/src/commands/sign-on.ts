import { readFileSync } from "node:fs";
import { CliError } from "../cli-error.ts";
import type { CommandKit } from "../command-kit.ts";
import { collect } from "../read-option.ts";
import { readAll } from "./ask.ts";

interface PutOptions {
  readonly name?: string;
  readonly issuer?: string;
  readonly clientId?: string;
  readonly clientSecretStdin?: boolean;
  readonly publicClient?: boolean;
  readonly scopes?: string;
  readonly domains?: string;
  readonly rolesClaim?: string;
  readonly roleRule: readonly string[];
  readonly defaultRole?: string;
  readonly createAccounts?: boolean;
  readonly linkByEmail?: boolean;
  readonly trustEmail?: boolean;
  readonly trust?: string;
  readonly off?: boolean;
}

/** `sign-on list`, `put`, `test`, `remove`, `password` and `second-factor`. */
export function addSignOn({ command, call, print, printLines }: CommandKit): void {
  const signOn = command("sign-on", "OpenID providers with which people sign on to the dashboard");

  command("list", "the providers, and who may sign in with a password", signOn).action(async () => {
    const state = await call((client) => client.signOn.list.query());
    print(
      state,
      [
        { title: "id", value: (row) => row.id },
        { title: "name", value: (row) => row.name },
        { title: "issuer", value: (row) => row.issuer },
        { title: "state", value: (row) => (row.enabled ? "on" : "off") },
        { title: "accounts", value: (row) => String(row.accounts) },
        { title: "makes accounts", value: (row) => (row.createAccounts ? "yes" : "no") },
        { title: "password sign-in", value: () => state.passwordSignIn },
      ],
      state.providers,
    );
  });

  command(
    "put <id>",
    "add a provider, or change all settings of one: what is not given is the default",
    signOn,
  )
    .requiredOption("--issuer <url>", "to the letter as the provider gives it")
    .requiredOption("--client-id <id>", "as the provider gave it")
    .option("--name <name>", "on the button of the sign-in page (default: the id)")
    .option(
      "--client-secret-stdin",
      "read the client secret from standard input (default: the one that there is)",
    )
    .option("--public-client", "there is no client secret: PKCE alone")
    .option("--scopes <scopes>", "with commas between", "openid,email,profile")
    .option("--domains <domains>", "of the e-mails that may sign on, with commas between (default: all)")
    .option("--roles-claim <name>", "claim that says groups or roles")
    .option(
      "--role-rule <group=role>",
      "who has this in the claim gets this role; may be repeated",
      collect,
      [],
    )
    .option("--default-role <role>", "where no rule fits (default: refused)")
    .option("--create-accounts", "make an account at the first sign-on")
    .option("--link-by-email", "link the account that has the same verified e-mail")
    .option("--trust-email", "take an e-mail as verified where the provider says nothing of it")
    .option("--trust <file>", "PEM roots that are trusted for this provider")
    .option("--off", "do not offer it")
    .action(async (id: string, options: PutOptions & { issuer: string; clientId: string }) => {
      const put = await call(async (client) =>
        client.signOn.put.mutate({
          id,
          name: options.name ?? id,
          enabled: options.off !== true,
          issuer: options.issuer,
          clientId: options.clientId,
          clientSecret: await secretOf(options),
          scopes: wordsOf(options.scopes),
          domains: wordsOf(options.domains),
          rolesClaim: options.rolesClaim,
          roleRules: options.roleRule.map(ruleOf),
          defaultRole: options.defaultRole,
          createAccounts: options.createAccounts,
          linkByEmail: options.linkByEmail,
          trustEmail: options.trustEmail,
          trust: options.trust === undefined ? undefined : fileOf(options.trust),
        }),
      );
      printLines(put, [
        `stored ${put.id}; redirect address to register there: <the dashboard's address>/api/auth/callback/${put.id}`,
      ]);
    });

  command("test <issuer>", "run discovery against a provider and say what it finds", signOn)
    .option("--scopes <scopes>", "with commas between", "openid,email,profile")
    .option("--roles-claim <name>", "claim that is looked for")
    .option("--trust <file>", "PEM roots that are trusted")
    .action(async (issuer: string, options: { scopes?: string; rolesClaim?: string; trust?: string }) => {
      const trust = options.trust === undefined ? undefined : fileOf(options.trust);
      const { rolesClaim } = options;
      const scopes = wordsOf(options.scopes);
      const test = await call((client) => client.signOn.test.mutate({ issuer, scopes, rolesClaim, trust }));
      print(
        test,
        [
          { title: "about", value: (row) => row.about },
          { title: "state", value: (row) => row.state },
          { title: "found", value: (row) => row.text },
        ],
        test.findings,
      );
      if (!test.works) throw new CliError(`${issuer} does not work as a provider`);
    });

  command("remove <id>", "remove a provider; accounts stay, without their link to it", signOn).action(
    async (id: string) => {
      const { unlinked } = await call((client) => client.signOn.remove.mutate({ id }));
      printLines({ removed: id, unlinked }, [`removed ${id}; ${unlinked} accounts are no longer linked`]);
    },
  );

  command("password <who>", "who may sign in with a password: everyone, or administrators", signOn).action(
    async (who: string) => {
      if (who !== "everyone" && who !== "administrators")
        throw new CliError("who is everyone or administrators", 2);
      await call((client) => client.signOn.setPassword.mutate({ passwordSignIn: who }));
      printLines({ passwordSignIn: who }, [`passwords are for ${who}`]);
    },
  );

  command(
    "second-factor [required|optional]",
    "whether accounts with a password need an authenticator app or a passkey; without an argument, how it is",
    signOn,
  )
    .option("--grace-days <n>", "how long one may go on without: 0 to 90 (default: as it is, at first 7)")
    .action(async (wanted: string | undefined, { graceDays }: { graceDays?: string }) => {
      if (wanted !== undefined && wanted !== "required" && wanted !== "optional")
        throw new CliError("it is required or optional", 2);
      const now = await call(async (client) => {
        const { secondFactor } = await client.signOn.list.query();
        if (wanted === undefined && graceDays === undefined) return secondFactor;
        await client.signOn.setSecondFactor.mutate({
          required: wanted === undefined ? secondFactor.required : wanted === "required",
          graceDays: graceDays === undefined ? secondFactor.graceDays : Number(graceDays),
        });
        return (await client.signOn.list.query()).secondFactor;
      });
      printLines(now, [
        now.required
          ? `a second factor is compulsory, after ${now.graceDays} days`
          : "a second factor is optional",
        `accounts with a password that have none: ${now.lacking}`,
      ]);
    });
}

async function secretOf({ clientSecretStdin, publicClient }: PutOptions): Promise<string | undefined> {
  if (publicClient === true) return "";
  return clientSecretStdin === true ? await readAll(process.stdin) : undefined;
}

function ruleOf(text: string): { readonly value: string; readonly role: string } {
  const at = text.lastIndexOf("=");
  if (at < 1) throw new CliError(`--role-rule ${text}: use group=role`, 2);
  return { value: text.slice(0, at), role: text.slice(at + 1) };
}

function wordsOf(text: string | undefined): string[] {
  return (text ?? "").split(/[\s,]+/).filter((word) => word !== "");
}

function fileOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CliError(`${path} cannot be read: ${why}`, 2);
  }
}
