import { type DescField, getOption, hasOption } from "@bufbuild/protobuf";
import { disallowed_by_default } from "@sluice/xds/gen/envoy/annotations/deprecation_pb.js";

const TLS = "envoy.extensions.transport_sockets.tls.v3";
const GRPC_ONLY = "of gRPC's own clients; Envoy parses it and does nothing about it";

/**
 * Why a field of Envoy's API is refused where it cannot be built on Node, by `full.message.Name.field`. The reason ends the
 * refusal's message and stands in docs/compatibility.md below the table of the field's message.
 */
const REASONS: Readonly<Record<string, string>> = {
  "envoy.config.core.v3.DataSource.watched_directory":
    "secrets' files are watched by their own directories, or by the `watched_directory` of what holds them",
  "envoy.config.listener.v3.Listener.enable_mptcp": "Node opens sockets of plain TCP only",
  [`${TLS}.CertificateValidationContext.ca_certificate_provider_instance`]: GRPC_ONLY,
  [`${TLS}.CertificateValidationContext.system_root_certs`]: GRPC_ONLY,
  [`${TLS}.CertificateValidationContext.require_signed_certificate_timestamp`]:
    "Envoy has not built it either",
  [`${TLS}.CertificateValidationContext.only_verify_leaf_cert_crl`]:
    "node:tls checks every certificate of a chain against the CRLs",
  [`${TLS}.CertificateValidationContext.suppress_client_ca_list`]:
    "node:tls names every certificate that it trusts to clients",
  [`${TLS}.CommonTlsContext.tls_certificate_provider_instance`]: GRPC_ONLY,
  [`${TLS}.CommonTlsContext.custom_handshaker`]: "node:tls has one handshake, OpenSSL's",
  [`${TLS}.TlsCertificate.private_key_provider`]: "node:tls signs with keys in memory only",
  [`${TLS}.TlsCertificate.signed_certificate_timestamp`]: "Envoy has not built it either",
};

/** The reason for refusing a field: from the list, or from the field's own annotations. */
export function refusalReason(field: DescField): string | undefined {
  const listed = REASONS[`${field.parent.typeName}.${field.name}`];
  if (listed !== undefined || !field.deprecated) return listed;
  const disallowed = hasOption(field, disallowed_by_default) && getOption(field, disallowed_by_default);
  return disallowed ? "deprecated, and refused by Envoy as well" : "deprecated in Envoy";
}
