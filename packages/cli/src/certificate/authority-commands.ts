import type { AcmeAuthority } from "@sluice/config";
import type { Command } from "commander";
import type { CommandKit } from "../command-kit.ts";
import type { Column } from "../output.ts";
import { readInput } from "../read-input.ts";

interface AuthorityOptions {
  readonly directory: string;
  readonly email?: string;
  readonly trust?: string;
  readonly eabKid?: string;
  readonly eabKeyStdin?: boolean;
  readonly agreeTerms?: boolean;
}

const AUTHORITY_COLUMNS: readonly Column<AcmeAuthority>[] = [
  { title: "authority", value: ({ name }) => name },
  { title: "directory", value: ({ directoryUrl }) => directoryUrl },
  { title: "binding", value: ({ eabKid }) => eabKid ?? "-" },
  { title: "registered", value: ({ registered }) => (registered ? "yes" : "no") },
  { title: "asked", value: ({ isDefault }) => (isDefault ? "yes" : "no") },
];

/** certificate authority: list, put, remove. */
export function addCertificateAuthorities(
  { call, command, print, printLines }: CommandKit,
  certificate: Command,
): void {
  const authority = command("authority", "where automatic certificates come from", certificate);
  command("list", "ACME authorities, the one that is asked first", authority).action(async () => {
    const rows = await call((client) => client.acme.list.query());
    print(rows, AUTHORITY_COLUMNS, rows);
  });
  command("put <name>", "add an ACME authority, or change one; it is asked from now on", authority)
    .requiredOption("--directory <url>", "the ACME directory, https://")
    .option("--email <email>", "where the authority may write to")
    .option("--trust <file>", "roots of an authority of your own, PEM")
    .option("--eab-kid <id>", "key id of an external account binding")
    .option("--eab-key-stdin", "read the binding's key, base64url, from standard input")
    .option("--agree-terms", "agree to the authority's terms of service")
    .action(async (name: string, options: AuthorityOptions) => {
      const { directory, email, trust, eabKid, eabKeyStdin, agreeTerms } = options;
      const row = await call(async (client) =>
        client.acme.put.mutate({
          name,
          directoryUrl: directory,
          email,
          trust: trust === undefined ? undefined : await readInput(trust),
          eabKid,
          eabKey: eabKeyStdin === true ? (await readInput("-")).trim() : undefined,
          termsAgreed: agreeTerms === true,
        }),
      );
      print(row, AUTHORITY_COLUMNS, [row]);
    });
  command("remove <name>", "remove an authority; certificates from it stay", authority).action(
    async (name: string) => {
      await call((client) => client.acme.remove.mutate({ name }));
      printLines({ removed: name }, [`removed the authority '${name}'`]);
    },
  );
}
