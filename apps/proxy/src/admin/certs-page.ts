import type { X509Certificate } from "node:crypto";
import { ClusterSchema } from "@sluice/xds/gen/envoy/config/cluster/v3/cluster_pb.js";
import type { DataSource } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import { ListenerSchema } from "@sluice/xds/gen/envoy/config/listener/v3/listener_pb.js";
import {
  type CommonTlsContext,
  CommonTlsContextSchema,
} from "@sluice/xds/gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.js";
import { findMessages } from "../secret/find-messages.ts";
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

/** envoy.admin.v3.Certificates: what each TLS context of the listeners and clusters in service holds. */
export function certsPage(server: Server, nowMs = Date.now()): unknown {
  const contexts: CommonTlsContext[] = [
    ...server.listeners
      .list()
      .flatMap(({ active }) =>
        active === undefined ? [] : findMessages(ListenerSchema, active.message, CommonTlsContextSchema),
      ),
    ...server.clusters
      .list()
      .active.flatMap(({ message }) => findMessages(ClusterSchema, message, CommonTlsContextSchema)),
  ].map(({ message }) => message);
  const certificates = contexts.flatMap((context) => ofContext(context, server.secrets, nowMs));
  return { certificates };
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
  if (source === undefined) return undefined;
  const bytes = new ProblemSink("").read(source);
  let certificate: X509Certificate | undefined;
  try {
    certificate = bytes === undefined ? undefined : certificatesOfPem(bytes)[0];
  } catch {
    // A file that was replaced since by something else.
  }
  if (certificate === undefined) return undefined;
  const days = Math.floor((certificate.validToDate.getTime() - nowMs) / DAY_MS);
  return {
    path: source.specifier.case === "filename" ? source.specifier.value : "<inline>",
    serial_number: certificate.serialNumber.toLowerCase(),
    subject_alt_names: (subjectAltNames(certificate) ?? []).flatMap((name) => shown(name) ?? []),
    days_until_expiration: String(Math.max(0, days)),
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
