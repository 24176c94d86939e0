import type { X509Certificate } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { ClusterSchema } from "@sluice/xds/gen/envoy/config/cluster/v3/cluster_pb.js";
import type { DataSource } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import { ListenerSchema } from "@sluice/xds/gen/envoy/config/listener/v3/listener_pb.js";
import {
  type CommonTlsContext,
  CommonTlsContextSchema,
  UpstreamTlsContextSchema,
} from "@sluice/xds/gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.js";
import { findMessages } from "../config-message/find-messages.ts";
import { certificatesOfPem } from "../transport-socket/tls/certificate-names.ts";
import { ProblemSink } from "../transport-socket/tls/problem-sink.ts";
import { collectTlsMaterial } from "../transport-socket/tls/tls-material.ts";
import type { Server } from "./server.ts";

const DAY_MS = 86_400_000;
const NO_EXPIRY_DAYS = 0xffff_ffff;

/** Of the certificate that ends first; as in Envoy a large number where there is none. */
export function daysUntilFirstExpiry(server: Server, nowMs = Date.now()): number {
  const days = tlsContextsOf(server).flatMap((context) => {
    const { certificates, validation } = collectTlsMaterial(context, server.secrets, new ProblemSink(""));
    return [validation?.trustedCa, ...certificates.map(({ config }) => config.certificateChain)].flatMap(
      (source) => {
        const certificate = firstCertificateOf(source);
        return certificate === undefined ? [] : [daysLeft(certificate, nowMs)];
      },
    );
  });
  return Math.min(NO_EXPIRY_DAYS, ...days);
}

/** Of the listeners and clusters in service. */
export function tlsContextsOf(server: Server): readonly CommonTlsContext[] {
  return [
    ...server.listeners
      .list()
      .flatMap(({ active }) =>
        active === undefined ? [] : findMessages(ListenerSchema, active.message, CommonTlsContextSchema),
      )
      .map(({ message }) => message),
    ...server.clusters
      .list()
      .active.flatMap(({ message }) => findMessages(ClusterSchema, message, UpstreamTlsContextSchema))
      .map(({ message }) => message.commonTlsContext ?? create(CommonTlsContextSchema)),
  ];
}

/** The first one in a source of certificates; undefined: none can be read. */
export function firstCertificateOf(source: DataSource | undefined): X509Certificate | undefined {
  if (source === undefined) return undefined;
  const bytes = new ProblemSink("").read(source);
  try {
    return bytes === undefined ? undefined : certificatesOfPem(bytes)[0];
  } catch {
    // A file that was replaced since by something else.
    return undefined;
  }
}

export const daysLeft = (certificate: X509Certificate, nowMs: number): number =>
  Math.max(0, Math.floor((certificate.validToDate.getTime() - nowMs) / DAY_MS));
