import type { SupportedFields } from "../../../config-message/refuse-unsupported-fields.ts";

const TLS = "envoy.extensions.transport_sockets.tls.v3";

/** What of the messages that both directions share has an effect. */
export const TLS_SUPPORTED_FIELDS: SupportedFields = {
  [`${TLS}.CommonTlsContext`]: [
    "tls_params",
    "tls_certificates",
    "tls_certificate_sds_secret_configs",
    "validation_context",
    "validation_context_sds_secret_config",
    "combined_validation_context",
    "alpn_protocols",
    "key_log",
  ],
  [`${TLS}.TlsKeyLog`]: ["path", "local_address_range", "remote_address_range"],
  [`${TLS}.CommonTlsContext.CombinedCertificateValidationContext`]: [
    "default_validation_context",
    "validation_context_sds_secret_config",
  ],
  [`${TLS}.TlsParameters`]: [
    "tls_minimum_protocol_version",
    "tls_maximum_protocol_version",
    "cipher_suites",
    "ecdh_curves",
    "signature_algorithms",
    "compliance_policies",
  ],
  [`${TLS}.TlsCertificate`]: [
    "certificate_chain",
    "private_key",
    "pkcs12",
    "password",
    "watched_directory",
    "ocsp_staple",
    "tls_params",
  ],
  [`${TLS}.CertificateValidationContext`]: [
    "trusted_ca",
    "system_root_certs",
    "watched_directory",
    "verify_certificate_spki",
    "verify_certificate_hash",
    "match_typed_subject_alt_names",
    "crl",
    "allow_expired_certificate",
    "trust_chain_verification",
    "max_verify_depth",
  ],
  [`${TLS}.TlsSessionTicketKeys`]: ["keys"],
  [`${TLS}.SubjectAltNameMatcher`]: ["san_type", "matcher", "oid"],
  "envoy.config.core.v3.DataSource": ["filename", "inline_bytes", "inline_string", "environment_variable"],
};
