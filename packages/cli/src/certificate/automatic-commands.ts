import type { ManagedCertificate } from "@sluice/config";
import { ACME_CHALLENGE_TYPES, CERTIFICATE_KEY_TYPES } from "@sluice/config/browser";
import { type Command, Option } from "commander";
import type { CommandKit } from "../command-kit.ts";
import type { Column } from "../output.ts";

const COLUMNS: readonly Column<ManagedCertificate>[] = [
  { title: "names", value: ({ names }) => names.join(", ") },
  { title: "state", value: ({ state }) => state },
  { title: "challenge", value: ({ challenge }) => challenge },
  { title: "authority", value: ({ authority, choice }) => choice.authority ?? authority ?? "-" },
  { title: "expires", value: ({ notAfter }) => notAfter.toISOString() },
  { title: "next attempt", value: ({ dueAt }) => dueAt.toISOString() },
  { title: "failures", value: ({ failures }) => String(failures) },
  { title: "last failure", value: ({ lastError }) => lastError ?? "-" },
];

interface RequestOptions {
  readonly authority?: string;
  readonly challenge?: ManagedCertificate["challenge"];
  readonly dnsProvider?: string;
  readonly listener?: string;
  readonly keyType?: ManagedCertificate["choice"]["keyType"];
}

/** certificate automatic, request, renew, remove. */
export function addAutomaticCertificates(
  { call, command, print, printLines }: CommandKit,
  certificate: Command,
): void {
  command("automatic", "certificates that renew themselves: how each is doing", certificate).action(
    async () => {
      const rows = await call((client) => client.certificate.automatic.query());
      print(rows, COLUMNS, rows);
    },
  );

  command(
    "request <names...>",
    "ask for an automatic certificate for these host names, or choose anew how one is got",
    certificate,
  )
    .option("--authority <name>", "where it comes from; default: the authority that was put last")
    .addOption(
      new Option(
        "--challenge <type>",
        "how the names are proven; default: dns-01 with a wildcard, else http-01",
      ).choices(ACME_CHALLENGE_TYPES),
    )
    .option(
      "--dns-provider <name>",
      "who publishes the records of dns-01; default: the one that was put last",
    )
    .option(
      "--listener <name>",
      "the listener that answers tls-alpn-01; default: those that use the certificate, or have TLS on port 443",
    )
    .addOption(
      new Option("--key-type <type>", "the key that it is for")
        .choices(CERTIFICATE_KEY_TYPES)
        .default("ec-p256"),
    )
    .action(async (names: string[], options: RequestOptions) => {
      const row = await call((client) => client.certificate.request.mutate({ names, ...options }));
      print(row, COLUMNS, [row]);
    });

  command("renew <name>", "renew an automatic certificate now, also one that failed", certificate).action(
    async (name: string) => {
      const full = fullName(name);
      await call((client) => client.certificate.renew.mutate({ name: full }));
      printLines({ renewing: full }, [`'${full}' is renewed; \`certificate automatic\` tells how it goes`]);
    },
  );

  command(
    "remove <name>",
    "forget an automatic certificate that no running version refers to",
    certificate,
  ).action(async (name: string) => {
    const full = fullName(name);
    await call((client) => client.certificate.remove.mutate({ name: full }));
    printLines({ removed: full }, [`removed '${full}'`]);
  });
}

/** `a.example,b.example` stands for what listeners refer to. */
function fullName(name: string): string {
  return name.startsWith("automatic:") ? name : `automatic:${name}`;
}
