import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CONTROL_URI } from "../certificates/node-names.ts";
import { JoinError } from "./control-request.ts";
import type { NodeCredentials } from "./node-credentials.ts";

/** Names of the secrets in the files, as the bootstrap asks for them. */
const CERTIFICATE_SECRET = "sluice_node";
const AUTHORITY_SECRET = "sluice_authority";

const SECRET_TYPE = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret";
const PRIVATE = 0o600;
const PUBLIC = 0o644;

/**
 * A node's identity on disk. `sds-certificate.json` is the truth: key and certificate in one file that is replaced whole, so
 * that a proxy which watches the directory never sees halves of two. The PEM files say the same for other tools.
 */
export function writeJoinDirectory(directory: string, credentials: NodeCredentials): void {
  const { server, certificatePem, keyPem, authorityPem } = credentials;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  replaceFile(join(directory, "key.pem"), keyPem, PRIVATE);
  replaceFile(join(directory, "certificate.pem"), certificatePem, PUBLIC);
  replaceFile(join(directory, "authority.pem"), authorityPem, PUBLIC);
  replaceFile(join(directory, "join.json"), json({ server }), PUBLIC);
  replaceFile(
    join(directory, "sds-authority.json"),
    secretFile(AUTHORITY_SECRET, {
      validation_context: {
        trusted_ca: { inline_string: authorityPem },
        match_typed_subject_alt_names: [{ san_type: "URI", matcher: { exact: CONTROL_URI } }],
      },
    }),
    PUBLIC,
  );
  replaceFile(
    join(directory, "sds-certificate.json"),
    secretFile(CERTIFICATE_SECRET, {
      tls_certificate: {
        certificate_chain: { inline_string: certificatePem },
        private_key: { inline_string: keyPem },
      },
    }),
    PRIVATE,
  );
}

/** @throws JoinError when there is none, or it is damaged */
export function readJoinDirectory(directory: string): NodeCredentials {
  try {
    const { server }: { server: string } = JSON.parse(readFileSync(join(directory, "join.json"), "utf8"));
    const file: SecretFile = JSON.parse(readFileSync(join(directory, "sds-certificate.json"), "utf8"));
    const { certificate_chain, private_key } = file.resources[0].tls_certificate;
    return {
      server,
      certificatePem: certificate_chain.inline_string,
      keyPem: private_key.inline_string,
      authorityPem: readFileSync(join(directory, "authority.pem"), "utf8"),
    };
  } catch (error) {
    throw new JoinError(
      "damaged",
      `${directory} is not what \`sluice join\` wrote: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** As `writeJoinDirectory` writes it. */
interface SecretFile {
  readonly resources: readonly [
    {
      readonly tls_certificate: {
        readonly certificate_chain: { readonly inline_string: string };
        readonly private_key: { readonly inline_string: string };
      };
    },
  ];
}

function secretFile(name: string, secret: object): string {
  return json({ resources: [{ "@type": SECRET_TYPE, name, ...secret }] });
}

function json(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

/** Whole or not at all: written beside, then moved, which is also what Envoy watches for. */
export function replaceFile(file: string, text: string, mode: number): void {
  const beside = `${file}.${process.pid}.new`;
  writeFileSync(beside, text, { mode });
  // The mode at creation is cut by the umask, and ignored where the file is there already.
  chmodSync(beside, mode);
  renameSync(beside, file);
}
