import type { Certificate, CertificateUse } from "@sluice/config";
import { addCertificateAuthorities } from "../certificate/authority-commands.ts";
import { addAutomaticCertificates } from "../certificate/automatic-commands.ts";
import { addDnsProviders } from "../certificate/dns-provider-commands.ts";
import type { CommandKit } from "../command-kit.ts";
import type { Column } from "../output.ts";
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

/** certificate list, show, automatic, request, renew, remove, authority, dns-provider. */
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

  addAutomaticCertificates(kit, certificate);
  addCertificateAuthorities(kit, certificate);
  addDnsProviders(kit, certificate);
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
