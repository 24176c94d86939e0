import type { DnsProvider } from "@sluice/config";
import type { Command } from "commander";
import type { CommandKit } from "../command-kit.ts";
import type { Column } from "../output.ts";
import { readInput } from "../read-input.ts";

const COLUMNS: readonly Column<DnsProvider>[] = [
  { title: "provider", value: ({ name }) => name },
  { title: "kind", value: ({ settings }) => settings.kind },
  { title: "address", value: ({ settings }) => settings.url },
  { title: "name servers", value: ({ settings }) => settings.nameServers.join(", ") || "the zone's own" },
  { title: "asked", value: ({ isDefault }) => (isDefault ? "yes" : "no") },
];

interface PutOptions {
  readonly webhook: string;
  readonly signingKeyStdin?: boolean;
  readonly nameServer: readonly string[];
}

/** certificate dns-provider: list, put, remove. */
export function addDnsProviders(
  { call, command, print, printLines }: CommandKit,
  certificate: Command,
): void {
  const provider = command("dns-provider", "who publishes the records of the challenge dns-01", certificate);
  command("list", "DNS providers, the one that is asked first", provider).action(async () => {
    const rows = await call((client) => client.acme.dnsProviders.query());
    print(rows, COLUMNS, rows);
  });
  command("put <name>", "add a DNS provider, or change one; it is asked from now on", provider)
    .requiredOption("--webhook <url>", "called with each record that shall be there or go, https://")
    .option("--signing-key-stdin", "read the key that calls are signed with, whsec_…, from standard input")
    .option(
      "--name-server <server>",
      "asked whether it has the record, host or host:port, in place of the zone's own; may be repeated",
      (server: string, before: readonly string[]) => [...before, server],
      [],
    )
    .action(async (name: string, { webhook, signingKeyStdin, nameServer }: PutOptions) => {
      const put = await call(async (client) =>
        client.acme.putDnsProvider.mutate({
          name,
          settings: { kind: "webhook", url: webhook, nameServers: [...nameServer] },
          secret: signingKeyStdin === true ? (await readInput("-")).trim() : undefined,
        }),
      );
      const { provider: row, signingKey } = put;
      const told = signingKey === undefined ? [] : [`signing key, shown this once: ${signingKey}`];
      printLines(put, [`'${row.name}' is asked from now on`, ...told]);
    });
  command("remove <name>", "remove a DNS provider", provider).action(async (name: string) => {
    await call((client) => client.acme.removeDnsProvider.mutate({ name }));
    printLines({ removed: name }, [`removed the DNS provider '${name}'`]);
  });
}
