import type { AcmeAuthority, Certificate, CertificateUse, ManagedCertificate } from "@sluice/config";
import type { Command } from "commander";
import type { CommandKit } from "../command-kit.ts";
import type { Column } from "../output.ts";
import { readInput } from "../read-input.ts";
import { kindOf, requiredNumber } from "../read-option.ts";

const COLUMNS: readonly Column<Certificate>[] = [
  { title: "resource", value: ({ resource }) => `${resource.kind}/${resource.name}` },
  { title: "stage", value: ({ stage }) => stage },
  { title: "days left", value: ({ daysLeft }) => (daysLeft === undefined ? "-" : String(daysLeft)) },
  { title: "problems", value: ({ problems }) => String(problems.length) },
  {
    title: "nodes",
    value: ({ nodes }) => `${nodes.filter(({ state }) => state === "effective").length}/${nodes.length}`,
  },
  { title: "names", value: ({ facts }) => facts?.names.join(", ") ?? "(in a file on the nodes)" },
];

interface AuthorityOptions {
  readonly directory: string;
  readonly email?: string;
  readonly trust?: string;
  readonly eabKid?: string;
  readonly eabKeyStdin?: boolean;
  readonly agreeTerms?: boolean;
}

const AUTOMATIC_COLUMNS: readonly Column<ManagedCertificate>[] = [
  { title: "names", value: ({ names }) => names.join(", ") },
  { title: "state", value: ({ state }) => state },
  { title: "expires", value: ({ notAfter }) => notAfter.toISOString() },
  { title: "next attempt", value: ({ dueAt }) => dueAt.toISOString() },
  { title: "failures", value: ({ failures }) => String(failures) },
  { title: "last failure", value: ({ lastError }) => lastError ?? "-" },
];

const AUTHORITY_COLUMNS: readonly Column<AcmeAuthority>[] = [
  { title: "authority", value: ({ name }) => name },
  { title: "directory", value: ({ directoryUrl }) => directoryUrl },
  { title: "binding", value: ({ eabKid }) => eabKid ?? "-" },
  { title: "registered", value: ({ registered }) => (registered ? "yes" : "no") },
  { title: "asked", value: ({ isDefault }) => (isDefault ? "yes" : "no") },
];

/** certificate list, show, automatic, renew, authority. */
export function addCertificates(kit: CommandKit): void {
  const { call, command, print, printLines } = kit;
  const certificate = command("certificate", "TLS certificates of what is live and of the draft");

  command("list", "certificates, those that expire first at the top", certificate)
    .option("--expiring <days>", "only live ones that expire within so many days, or have expired")
    .action(async ({ expiring }: { expiring?: string }) => {
      const rows: readonly Certificate[] = await call((client) =>
        expiring === undefined
          ? client.certificate.list.query()
          : client.certificate.expiring.query({ withinDays: requiredNumber(expiring) }),
      );
      print(rows, COLUMNS, rows);
    });

  command("show <name>", "what a resource's certificates say, who uses them and where they work", certificate)
    .option("--kind <kind>", "the kind of the resource that holds it", "secrets")
    .action(async (name: string, { kind }: { kind: string }) => {
      const found = await call((client) => client.certificate.get.query({ kind: kindOf(kind), name }));
      printLines(found, found.flatMap(linesOf));
    });

  addAutomatic(kit, certificate);
}

function addAutomatic({ call, command, print, printLines }: CommandKit, certificate: Command): void {
  command("automatic", "certificates that renew themselves: how each is doing", certificate).action(
    async () => {
      const rows = await call((client) => client.certificate.automatic.query());
      print(rows, AUTOMATIC_COLUMNS, rows);
    },
  );

  command("renew <name>", "renew an automatic certificate now, also one that failed", certificate).action(
    async (name: string) => {
      const full = name.startsWith("automatic:") ? name : `automatic:${name}`;
      await call((client) => client.certificate.renew.mutate({ name: full }));
      printLines({ renewing: full }, [`'${full}' is renewed; \`certificate automatic\` tells how it goes`]);
    },
  );

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

function linesOf({ resource, path, stage, facts, daysLeft, problems, uses, nodes }: Certificate): string[] {
  const line = (title: string, value: string) => `  ${title.padEnd(12)} ${value}`;
  const about =
    facts === undefined
      ? [line("certificate", "in a file on the nodes")]
      : [
          line("subject", facts.subject),
          line("names", facts.names.join(", ") || "-"),
          line("issuer", facts.issuer),
          line(
            "valid",
            `${facts.notBefore.toISOString()} to ${facts.notAfter.toISOString()} (${daysLeft} days left)`,
          ),
          line("key", facts.keyType),
          line("fingerprint", facts.fingerprint),
          ...facts.chain.map(({ subject }, index) => line(index === 0 ? "chain" : "", subject)),
        ];
  return [
    `${resource.kind}/${resource.name} ${path} (${stage})`,
    ...about,
    ...problems.map(({ severity, message }) => line(severity, message)),
    ...uses.map((use) => line("used by", useLine(use))),
    ...nodes.map(({ id, state }) => line("node", `${id}: ${state}`)),
  ];
}

function useLine({ resource, filterChain, serverNames }: CertificateUse): string {
  const where = filterChain === undefined ? "" : ` ${filterChain}`;
  return `${resource.kind}/${resource.name}${where}${serverNames.length > 0 ? ` for ${serverNames.join(", ")}` : ""}`;
}
