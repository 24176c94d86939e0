import { stringify } from "yaml";
import type { ApiClient } from "../api-client.ts";
import { CliError } from "../cli-error.ts";
import type { CommandKit } from "../command-kit.ts";
import { findResource } from "../draft/find-resource.ts";
import { readInput } from "../read-input.ts";

interface PutOptions {
  readonly certificate?: string;
  readonly key?: string;
  readonly ca?: string;
  readonly valueStdin?: boolean;
}

/** secret put, list, remove. */
export function addSecrets({ call, command, print, printLines }: CommandKit): void {
  const secret = command("secret", "secrets in the draft; what they hold is sealed and never shown again");

  command("put <name>", "make a secret in the draft, or put another in its place", secret)
    .option("--certificate <file>", "a TLS certificate in PEM, the server's own first, then its issuers")
    .option("--key <file>", "the certificate's private key in PEM (`-` reads standard input)")
    .option("--ca <file>", "certificates of authorities in PEM, to verify peers with")
    .option(
      "--value-stdin",
      "a generic secret, read from standard input; one line end at the end is left out",
    )
    .action(async (name: string, options: PutOptions) => {
      const yaml = stringify({ name, ...(await contentOf(options)) }, { lineWidth: 0 });
      const stored = await call((client) => put(client, name, yaml));
      const problems = stored.problems.map(({ severity, message }) => `${severity}: ${message}`);
      printLines(stored, [`secret '${name}' is in the draft (${stored.change})`, ...problems]);
      if (stored.problems.some(({ severity }) => severity === "error"))
        throw new CliError(`secret '${name}' cannot be published as it is`);
    });

  command("list", "names of the draft's secrets", secret).action(async () => {
    const { resources } = await call((client) => client.draft.list.query({ kind: "secrets", limit: 1000 }));
    print(
      resources,
      [
        { title: "secret", value: (row) => row.name },
        { title: "change", value: (row) => row.change },
        { title: "problems", value: (row) => String(row.problems.length) },
        { title: "updated by", value: (row) => row.updatedBy },
        { title: "updated", value: (row) => row.updatedAt.toISOString() },
      ],
      resources,
    );
  });

  command("remove <name>", "take a secret out of the draft", secret).action(async (name: string) => {
    await call(async (client) => {
      const { revision } = await client.draft.get.query({ kind: "secrets", name });
      await client.draft.remove.mutate({ kind: "secrets", name, expectedRevision: revision });
    });
    printLines({ removed: name }, [`removed the secret '${name}' from the draft`]);
  });
}

async function put(client: ApiClient, name: string, yaml: string) {
  const known = await findResource(client, { kind: "secrets", name });
  const base = known === undefined ? {} : { name, expectedRevision: known.revision };
  return await client.draft.put.mutate({ kind: "secrets", yaml, ...base });
}

async function contentOf({ certificate, key, ca, valueStdin }: PutOptions): Promise<object> {
  const kinds = [certificate !== undefined || key !== undefined, ca !== undefined, valueStdin === true];
  if (kinds.filter(Boolean).length !== 1)
    throw new CliError("give one of: --certificate with --key, --ca, --value-stdin", 2);
  if (ca !== undefined) return { validation_context: { trusted_ca: { inline_string: await readInput(ca) } } };
  if (valueStdin === true) {
    const value = (await readInput("-")).replace(/\r?\n$/, "");
    return { generic_secret: { secret: { inline_string: value } } };
  }
  if (certificate === undefined || key === undefined)
    throw new CliError("--certificate and --key belong together", 2);
  return {
    tls_certificate: {
      certificate_chain: { inline_string: await readInput(certificate) },
      private_key: { inline_string: await readInput(key) },
    },
  };
}
