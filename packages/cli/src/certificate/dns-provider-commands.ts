import type { DnsProvider, TsigAlgorithm } from "@sluice/config";
import { type Command, Option } from "commander";
import { CliError } from "../cli-error.ts";
import type { CommandKit } from "../command-kit.ts";
import type { Column } from "../output.ts";
import { readInput } from "../read-input.ts";

const COLUMNS: readonly Column<DnsProvider>[] = [
  { title: "provider", value: ({ name }) => name },
  { title: "kind", value: ({ settings }) => settings.kind },
  {
    title: "address",
    value: ({ settings }) => (settings.kind === "webhook" ? settings.url : settings.server),
  },
  { title: "key", value: ({ settings }) => (settings.kind === "webhook" ? "" : settings.keyName) },
  { title: "name servers", value: ({ settings }) => settings.nameServers.join(", ") || "the zone's own" },
  { title: "asked", value: ({ isDefault }) => (isDefault ? "yes" : "no") },
];

/** As `TSIG_ALGORITHMS` of @sluice/config, which a command line does not load. */
const TSIG_ALGORITHMS: readonly TsigAlgorithm[] = ["hmac-sha256", "hmac-sha384", "hmac-sha512"];

interface PutOptions {
  readonly webhook?: string;
  readonly signingKeyStdin?: boolean;
  readonly updateServer?: string;
  readonly zone?: string;
  readonly tsigName?: string;
  readonly tsigAlgorithm: TsigAlgorithm;
  readonly tsigSecretStdin?: boolean;
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
    .option("--webhook <url>", "called with each record that shall be there or go, https://")
    .option("--signing-key-stdin", "read the key that calls are signed with, whsec_…, from standard input")
    .option(
      "--update-server <server>",
      "in place of a webhook: the zone's primary name server, host or host:port, which takes dynamic updates (RFC 2136)",
    )
    .option("--zone <name>", "the zone that is updated (default: the server is asked)")
    .option("--tsig-name <name>", "the key that updates are signed with, as the name server calls it")
    .addOption(
      new Option("--tsig-algorithm <name>", "the key's algorithm")
        .choices([...TSIG_ALGORITHMS])
        .default("hmac-sha256"),
    )
    .option(
      "--tsig-secret-stdin",
      "read the key's secret, in base64, from standard input (default: the stored one)",
    )
    .option(
      "--name-server <server>",
      "asked whether it has the record, host or host:port, in place of the zone's own; may be repeated",
      (server: string, before: readonly string[]) => [...before, server],
      [],
    )
    .action(async (name: string, options: PutOptions) => {
      const settings = settingsOf(options);
      const given = options.signingKeyStdin === true || options.tsigSecretStdin === true;
      const put = await call(async (client) =>
        client.acme.putDnsProvider.mutate({
          name,
          settings,
          secret: given ? (await readInput("-")).trim() : undefined,
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

function settingsOf({ webhook, updateServer, zone, tsigName, tsigAlgorithm, nameServer }: PutOptions) {
  const nameServers = [...nameServer];
  if ((webhook === undefined) === (updateServer === undefined))
    throw new CliError("give one of: --webhook, --update-server", 2);
  if (webhook !== undefined) return { kind: "webhook" as const, url: webhook, nameServers };
  if (updateServer === undefined || tsigName === undefined)
    throw new CliError("--update-server needs --tsig-name", 2);
  return {
    kind: "rfc2136" as const,
    server: updateServer,
    zone,
    keyName: tsigName,
    algorithm: tsigAlgorithm,
    nameServers,
  };
}
