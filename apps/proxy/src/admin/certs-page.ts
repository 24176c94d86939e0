import type { DataSource } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import type { CommonTlsContext } from "@sluice/xds/gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.js";
import type { SecretLookup } from "../secret/secret-lookup.ts";
import { daysLeft, firstCertificateOf, tlsContextsOf } from "../server/certificates-in-service.ts";
import type { Server } from "../server/server.ts";
import { type SubjectAltName, subjectAltNames } from "../transport-socket/tls/certificate-names.ts";
import { ProblemSink } from "../transport-socket/tls/problem-sink.ts";
import { collectTlsMaterial } from "../transport-socket/tls/tls-material.ts";

/** envoy.admin.v3.Certificates: what each TLS context of the listeners and clusters in service holds. */
export function certsPage(server: Server, nowMs = Date.now()): unknown {
  return {
    certificates: tlsContextsOf(server).flatMap((context) => ofContext(context, server.secrets, nowMs)),
  };
}

function ofContext(context: CommonTlsContext, secrets: SecretLookup, nowMs: number): unknown[] {
  const { certificates, validation } = collectTlsMaterial(context, secrets, new ProblemSink(""));
  const ca = details(validation?.trustedCa, nowMs);
  const chains = certificates.map(({ config }) => details(config.certificateChain, nowMs));
  if (ca === undefined && chains.length === 0) return [];
  return [
    {
      ca_cert: ca === undefined ? [] : [ca],
      cert_chain: chains.filter((each) => each !== undefined),
    },
  ];
}

/** Of the first certificate, as Envoy shows it. */
function details(source: DataSource | undefined, nowMs: number): unknown {
  const certificate = firstCertificateOf(source);
  if (source === undefined || certificate === undefined) return undefined;
  return {
    path: source.specifier.case === "filename" ? source.specifier.value : "<inline>",
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
