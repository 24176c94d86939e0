import type { X509Certificate } from "node:crypto";
import { ClusterSchema } from "@sluice/xds/gen/envoy/config/cluster/v3/cluster_pb.js";
import type { DataSource } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import { ListenerSchema } from "@sluice/xds/gen/envoy/config/listener/v3/listener_pb.js";
import {
  type CommonTlsContext,
  CommonTlsContextSchema,
} from "@sluice/xds/gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.js";
import { findMessages } from "../config-message/find-messages.ts";
import type { SecretLookup } from "../secret/secret-lookup.ts";
import type { Server } from "../server/server.ts";
import {
  certificatesOfPem,
  type SubjectAltName,
  subjectAltNames,
} from "../transport-socket/tls/certificate-names.ts";
import { ProblemSink } from "../transport-socket/tls/problem-sink.ts";
import { collectTlsMaterial } from "../transport-socket/tls/tls-material.ts";

const DAY_MS = 86_400_000;
const NO_EXPIRY_DAYS = 0xffff_ffff;

/** envoy.admin.v3.Certificates: what each TLS context of the listeners and clusters in service holds. */
export function certsPage(server: Server, nowMs = Date.now()): unknown {
  return { certificates: contextsOf(server).flatMap((context) => ofContext(context, server.secrets, nowMs)) };
}

/** Of the certificate that ends first; as in Envoy a large number where there is none. */
export function daysUntilFirstExpiry(server: Server, nowMs = Date.now()): number {
  const days = contextsOf(server).flatMap((context) => {
    const { certificates, validation } = collectTlsMaterial(context, server.secrets, new ProblemSink(""));
    return [validation?.trustedCa, ...certificates.map(({ config }) => config.certificateChain)].flatMap(
      (source) => {
        const certificate = firstOf(source);
        return certificate === undefined ? [] : [daysLeft(certificate, nowMs)];
      },
    );
  });
  return Math.min(NO_EXPIRY_DAYS, ...days);
}

function contextsOf(server: Server): readonly CommonTlsContext[] {
  return [
    ...server.listeners
      .list()
      .flatMap(({ active }) =>
        active === undefined ? [] : findMessages(ListenerSchema, active.message, CommonTlsContextSchema),
      ),
    ...server.clusters
      .list()
      .active.flatMap(({ message }) => findMessages(ClusterSchema, message, CommonTlsContextSchema)),
  ].map(({ message }) => message);
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

function firstOf(source: DataSource | undefined): X509Certificate | undefined {
  if (source === undefined) return undefined;
  const bytes = new ProblemSink("").read(source);
  try {
    return bytes === undefined ? undefined : certificatesOfPem(bytes)[0];
  } catch {
    // A file that was replaced since by something else.
    return undefined;
  }
}

const daysLeft = (certificate: X509Certificate, nowMs: number): number =>
  Math.max(0, Math.floor((certificate.validToDate.getTime() - nowMs) / DAY_MS));

/** Of the first certificate, as Envoy shows it. */
function details(source: DataSource | undefined, nowMs: number): unknown {
  const certificate = firstOf(source);
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
