import type { DataSource } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import type { CommonTlsContext } from "@sluice/xds/gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.js";
import { NO_SECRETS, type SecretLookup, staticSecretKey } from "../secret/secret-lookup.ts";
import { daysLeft, firstCertificateOf, tlsContextsOf } from "../server/certificates-in-service.ts";
import type { Server } from "../server/server.ts";
import { type SubjectAltName, subjectAltNames } from "../transport-socket/tls/certificate-names.ts";
import { ProblemSink } from "../transport-socket/tls/problem-sink.ts";
import { collectTlsMaterial } from "../transport-socket/tls/tls-material.ts";

/** envoy.admin.v3.Certificates: what each TLS context of the listeners and clusters in service holds. */
export function certsPage(server: Server, nowMs = Date.now()): unknown {
  const configured = configuredSecrets(server);
  return {
    certificates: tlsContextsOf(server).flatMap((context) =>
      ofContext(context, server.secrets, configured, nowMs),
    ),
  };
}

/** As in Envoy the bootstrap's own secrets name their files, and others have been read. */
function configuredSecrets({ secrets, secretManager }: Server): SecretLookup {
  const statics = new Map(secretManager.statics.map((secret) => [staticSecretKey(secret.name), secret]));
  return { ...NO_SECRETS, get: (key) => statics.get(key) ?? secrets.get(key) };
}

/** `configured`: the same secrets, with their files by name. */
function ofContext(
  context: CommonTlsContext,
  secrets: SecretLookup,
  configured: SecretLookup,
  nowMs: number,
): unknown[] {
  const { certificates, validation, incomplete } = collectTlsMaterial(context, secrets, new ProblemSink(""));
  // As in Envoy: no context stands for one that waits for its secrets.
  if (incomplete) return [];
  const named = collectTlsMaterial(context, configured, new ProblemSink(""));
  const ca = details(validation?.trustedCa, named.validation?.trustedCa, nowMs);
  const chains = certificates.map(({ config }, index) =>
    details(config.certificateChain, named.certificates[index]?.config.certificateChain, nowMs),
  );
  return [
    {
      ca_cert: ca === undefined ? [] : [ca],
      cert_chain: chains.filter((each) => each !== undefined),
    },
  ];
}

/** Of the first certificate, as Envoy shows it. `named`: where it comes from. */
function details(source: DataSource | undefined, named: DataSource | undefined, nowMs: number): unknown {
  const certificate = firstCertificateOf(source);
  if (certificate === undefined) return undefined;
  return {
    path: named?.specifier.case === "filename" ? named.specifier.value : "<inline>",
    serial_number: certificate.serialNumber.toLowerCase(),
    subject_alt_names: (subjectAltNames(certificate) ?? []).flatMap((name) => shown(name) ?? []),
    days_until_expiration: String(daysLeft(certificate, nowMs)),
    valid_from: seconds(certificate.validFromDate),
    expiration_time: seconds(certificate.validToDate),
  };
}

function shown({ kind, value }: SubjectAltName): object | undefined {
  if (kind === "dns") return { dns: value };
  if (kind === "uri") return { uri: value };
  return kind === "ip" ? { ip_address: value } : undefined;
}

const seconds = (date: Date): string => date.toISOString().replace(".000Z", "Z");
