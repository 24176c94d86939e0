import { type TestCertificate, TestCertificates } from "@sluice/harness";
import type { ConformanceCase } from "../conformance-case.ts";
import { discovered, fileSource, judgeUpdates } from "../xds-files.ts";

const certificates = TestCertificates.ofProcess();
const ca = certificates.create("ca", { ca: true });
const one = certificates.create("one", { issuer: ca, names: "DNS:one.test" });
const rsa = certificates.create("rsa", { issuer: ca, names: "DNS:one.test", rsa: true });
const rsaToo = certificates.create("rsa-too", { issuer: ca, names: "DNS:two.test", rsa: true });
const small = certificates.create("small", { issuer: ca, curve: "P-224" });
const large = certificates.create("large", { issuer: ca, curve: "P-384" });
const crl = certificates.revocationList("crl", ca, []);

const RESOURCE = "envoy.config.listener.v3.Listener";
const NETWORK = "type.googleapis.com/envoy.extensions.filters.network";
const LISTENER = "type.googleapis.com/envoy.extensions.filters.listener";
const TLS = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3";
const FILE = "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog";
const ADDRESS = "address: { socket_address: { address: 127.0.0.1, port_value: 0 } }";
const DIRECT = `{ name: d, typed_config: { "@type": ${NETWORK}.direct_response.v3.Config } }`;
const CHAINS = `filter_chains: [{ filters: [${DIRECT}] }]`;

const inline = (text: string): string => `{ inline_string: ${JSON.stringify(text)} }`;
const pair = ({ certificate, key }: TestCertificate, more = ""): string =>
  `{ certificate_chain: ${inline(certificate)}, private_key: ${inline(key)}${more} }`;

const listener = (fields: string): string => `${ADDRESS}, ${CHAINS}, ${fields}`;
const chains = (...list: readonly string[]): string =>
  `${ADDRESS}, filter_chains: [${list.map((each) => `{ filters: [${DIRECT}], ${each} }`).join(", ")}]`;
const match = (...list: readonly string[]): string =>
  chains(...list.map((each, i) => `name: c${i}, filter_chain_match: { ${each} }`));
const filters = (...list: readonly string[]): string =>
  `${ADDRESS}, filter_chains: [{ filters: [${list.join(", ")}] }]`;
const network = (type: string, fields: string): string =>
  `{ name: n, typed_config: { "@type": ${NETWORK}.${type}, ${fields} } }`;
const before = (type: string, fields: string): string => filters(network(type, fields), DIRECT);
const tcp = (fields: string): string =>
  filters(network("tcp_proxy.v3.TcpProxy", `stat_prefix: t, ${fields}`));
const inspector = (name: string, type: string, fields: string, more = ""): string =>
  listener(
    `listener_filters: [{ name: i, ${more} typed_config: { "@type": ${LISTENER}.${name}.v3.${type}, ${fields} } }]`,
  );
const log = (fields: string): string => listener(`access_log: [{ name: f, ${fields} }]`);
const toNull = `typed_config: { "@type": ${FILE}, path: /dev/null }`;
const file = (fields: string): string => log(`typed_config: { "@type": ${FILE}, ${fields} }`);
const filter = (fields: string): string => log(`${toNull}, filter: { ${fields} }`);
const socket = (fields: string): string =>
  `${ADDRESS}, filter_chains: [{ filters: [${DIRECT}], transport_socket: { ${fields} } }]`;
const tls = (common: string, more = ""): string =>
  socket(
    `name: t, typed_config: { "@type": ${TLS}.DownstreamTlsContext, ${more} common_tls_context: { ${common} } }`,
  );
const withPair = (more: string, context = ""): string =>
  tls(`tls_certificates: [${pair(one)}], ${more}`, context);
const params = (fields: string): string => withPair(`tls_params: { ${fields} }`);
const validation = (fields: string): string => withPair(`validation_context: { ${fields} }`);
const trusted = `trusted_ca: ${inline(ca.certificate)}`;
const san = (fields: string): string =>
  validation(`${trusted}, match_typed_subject_alt_names: [{ ${fields} }]`);

/** Listeners without their names: each is taken or refused. */
const SETTINGS: Readonly<Record<string, string>> = {
  // Of the listener itself.
  "nothing but an address": ADDRESS,
  "no address": CHAINS,
  "a default chain alone": `${ADDRESS}, default_filter_chain: { filters: [${DIRECT}] }`,
  "a chain without filters": `${ADDRESS}, filter_chains: [{}]`,
  "listener_filters_timeout: -1s": listener("listener_filters_timeout: -1s"),
  "listener_filters_timeout: 0s": listener("listener_filters_timeout: 0s"),
  "listener_filters_timeout of centuries": listener("listener_filters_timeout: 9223372037s"),
  "transport_socket_connect_timeout: -1s": chains("transport_socket_connect_timeout: -1s"),
  "transport_socket_connect_timeout of centuries": chains("transport_socket_connect_timeout: 9223372037s"),
  "per_connection_buffer_high_watermark_timeout: -1s": listener(
    "per_connection_buffer_high_watermark_timeout: -1s",
  ),
  "max_connections_to_accept_per_socket_event: 0": listener("max_connections_to_accept_per_socket_event: 0"),
  "per_connection_buffer_limit_bytes: 0": listener("per_connection_buffer_limit_bytes: 0"),
  "tcp_backlog_size: 0": listener("tcp_backlog_size: 0"),
  "drain_type: 2": listener("drain_type: 2"),
  "traffic_direction: 3": listener("traffic_direction: 3"),
  "connection_balance_config: {}": listener("connection_balance_config: {}"),
  "stats_matcher: {}": listener("stats_matcher: {}"),
  "an additional address": listener(`additional_addresses: [{ ${ADDRESS} }]`),
  "a name for an address": `address: { socket_address: { address: localhost, port_value: 0 } }, ${CHAINS}`,
  "an empty address": `address: { socket_address: { address: "", port_value: 0 } }, ${CHAINS}`,
  "no port": `address: { socket_address: { address: 127.0.0.1 } }, ${CHAINS}`,
  "port 65536": `address: { socket_address: { address: 127.0.0.1, port_value: 65536 } }, ${CHAINS}`,
  "a pipe without path": `address: { pipe: { path: "" } }, ${CHAINS}`,
  "a pipe of mode 512": `address: { pipe: { path: "@x-512", mode: 512 } }, ${CHAINS}`,
  "a filter by its name alone": filters("{ name: envoy.filters.network.echo }"),
  "a filter without name": filters(`{ typed_config: { "@type": ${NETWORK}.echo.v3.Echo } }`),
  "a filter of an unknown type": filters('{ name: x, typed_config: { "@type": type.googleapis.com/x.Y } }'),
  "a terminal filter in front": filters(DIRECT, DIRECT),
  "no terminal filter": filters(network("sni_cluster.v3.SniCluster", "")),
  "metadata of two kinds": listener("metadata: { filter_metadata: { a: { b: 1 } } }"),

  // Filter chains.
  "two chains of one name": chains("name: a", "name: a, filter_chain_match: { destination_port: 1 }"),
  "two chains without names": chains("", "filter_chain_match: { destination_port: 1 }"),
  "two equal chains": match("destination_port: 1", "destination_port: 1"),
  "two chains that ask for nothing": chains("name: a", "name: b, filter_chain_match: {}"),
  "chains that overlap": match("server_names: [a.test, b.test]", "server_names: [b.test]"),
  "names of servers in two cases": match("server_names: [a.test]", "server_names: [A.TEST]"),
  address_suffix: match("address_suffix: a"),
  "suffix_len: 0": match("suffix_len: 0"),
  "destination_port: 0": match("destination_port: 0"),
  "destination_port: 65536": match("destination_port: 65536"),
  "source_ports: [0]": match("source_ports: [0]"),
  "source_ports: [65536]": match("source_ports: [65536]"),
  "source_type: 3": match("source_type: 3"),
  "prefix_len: 33": match("prefix_ranges: [{ address_prefix: 10.0.0.0, prefix_len: 33 }]"),
  "prefix_len: 129": match('prefix_ranges: [{ address_prefix: "::", prefix_len: 129 }]'),
  "no prefix_len": match("prefix_ranges: [{ address_prefix: 10.0.0.0 }]"),
  "no address_prefix": match("prefix_ranges: [{ prefix_len: 8 }]"),
  "equal prefixes, differently written": match(
    "prefix_ranges: [{ address_prefix: 10.0.0.1, prefix_len: 8 }]",
    "prefix_ranges: [{ address_prefix: 10.0.0.2, prefix_len: 8 }]",
  ),
  "server_names: ['*']": match('server_names: ["*"]'),
  "server_names: ['']": match('server_names: [""]'),
  "server_names: ['*.']": match('server_names: ["*."]'),
  "server_names: ['*.*.a']": match('server_names: ["*.*.a"]'),
  "server_names: ['*a']": match('server_names: ["*a"]'),
  "server_names: ['a.*']": match('server_names: ["a.*"]'),
  "server_names: ['.a']": match('server_names: [".a"]'),
  "application_protocols: ['']": match('application_protocols: [""]'),
  "transport_protocol: x": match("transport_protocol: x"),

  // Listener filters.
  "filter_disabled: {}": inspector("tls_inspector", "TlsInspector", "", "filter_disabled: {},"),
  "filter_disabled by an empty or": inspector(
    "tls_inspector",
    "TlsInspector",
    "",
    "filter_disabled: { or_match: {} },",
  ),
  "filter_disabled by one and": inspector(
    "tls_inspector",
    "TlsInspector",
    "",
    "filter_disabled: { and_match: { rules: [{ any_match: true }] } },",
  ),
  "filter_disabled: { any_match: false }": inspector(
    "tls_inspector",
    "TlsInspector",
    "",
    "filter_disabled: { any_match: false },",
  ),
  "filter_disabled by port 65536": inspector(
    "tls_inspector",
    "TlsInspector",
    "",
    "filter_disabled: { destination_port_range: { start: 1, end: 65537 } },",
  ),
  "filter_disabled by an empty range": inspector(
    "tls_inspector",
    "TlsInspector",
    "",
    "filter_disabled: { destination_port_range: { start: 5, end: 5 } },",
  ),
  "max_client_hello_size: 0": inspector("tls_inspector", "TlsInspector", "max_client_hello_size: 0"),
  "max_client_hello_size: 255": inspector("tls_inspector", "TlsInspector", "max_client_hello_size: 255"),
  "max_client_hello_size: 256": inspector("tls_inspector", "TlsInspector", "max_client_hello_size: 256"),
  "max_client_hello_size: 16385": inspector("tls_inspector", "TlsInspector", "max_client_hello_size: 16385"),
  "tlv_type: 256": inspector(
    "proxy_protocol",
    "ProxyProtocol",
    "rules: [{ tlv_type: 256, on_tlv_present: { key: k } }]",
  ),
  "a rule without key": inspector(
    "proxy_protocol",
    "ProxyProtocol",
    "rules: [{ tlv_type: 2, on_tlv_present: {} }]",
  ),
  "a rule without on_tlv_present": inspector("proxy_protocol", "ProxyProtocol", "rules: [{ tlv_type: 2 }]"),
  "two rules of one type": inspector(
    "proxy_protocol",
    "ProxyProtocol",
    "rules: [{ tlv_type: 2, on_tlv_present: { key: a } }, { tlv_type: 2, on_tlv_present: { key: b } }]",
  ),
  "pass_through_tlvs of 256": inspector(
    "proxy_protocol",
    "ProxyProtocol",
    "pass_through_tlvs: { match_type: INCLUDE, tlv_type: [256] }",
  ),
  "disallowed_versions of both": inspector(
    "proxy_protocol",
    "ProxyProtocol",
    "disallowed_versions: [V1, V2]",
  ),
  "disallowed_versions: [2]": inspector("proxy_protocol", "ProxyProtocol", "disallowed_versions: [2]"),
  "tlv_location: 2": inspector("proxy_protocol", "ProxyProtocol", "tlv_location: 2"),

  // Access logs.
  "no path of a file": file(""),
  "a path in no directory": file("path: /nowhere/at/all.log"),
  "log_format: {}": file("path: /dev/null, log_format: {}"),
  "an empty text_format": file('path: /dev/null, log_format: { text_format: "" }'),
  "an empty text_format_source": file(
    'path: /dev/null, log_format: { text_format_source: { inline_string: "" } }',
  ),
  "text_format_source without source": file("path: /dev/null, log_format: { text_format_source: {} }"),
  "text_format_source of no file": file(
    "path: /dev/null, log_format: { text_format_source: { filename: /nowhere } }",
  ),
  "an empty format": file('path: /dev/null, format: ""'),
  "an empty json_format": file("path: /dev/null, json_format: {}"),
  "a json_format with numbers, lists and nothing": file(
    "path: /dev/null, log_format: { json_format: { a: 1, b: [x, 2, { c: '%PROTOCOL%' }], d: null, e: true } }",
  ),
  "a typed_json_format": file("path: /dev/null, typed_json_format: { a: { b: '%PROTOCOL%' } }"),
  "formatters of an unknown type": file(
    'path: /dev/null, log_format: { formatters: [{ name: x, typed_config: { "@type": type.googleapis.com/x.Y } }], text_format_source: { inline_string: a } }',
  ),
  "a log without configuration": log(""),
  "a filter that asks nothing": filter(""),
  "status_code_filter: {}": filter("status_code_filter: {}"),
  "a comparison without value": filter("status_code_filter: { comparison: { op: GE } }"),
  "a comparison without key": filter(
    "status_code_filter: { comparison: { op: GE, value: { default_value: 5 } } }",
  ),
  "a comparison with an empty key": filter(
    'status_code_filter: { comparison: { op: GE, value: { default_value: 5, runtime_key: "" } } }',
  ),
  "a comparison": filter(
    "status_code_filter: { comparison: { op: GE, value: { default_value: 5, runtime_key: k } } }",
  ),
  "op: 4": filter(
    "status_code_filter: { comparison: { op: 4, value: { default_value: 5, runtime_key: k } } }",
  ),
  "op: 3": filter(
    "status_code_filter: { comparison: { op: 3, value: { default_value: 5, runtime_key: k } } }",
  ),
  "duration_filter: {}": filter("duration_filter: {}"),
  "runtime_filter: {}": filter("runtime_filter: {}"),
  "runtime_filter of 150%": filter("runtime_filter: { runtime_key: k, percent_sampled: { numerator: 150 } }"),
  "runtime_filter of an unknown denominator": filter(
    "runtime_filter: { runtime_key: k, percent_sampled: { numerator: 1, denominator: 3 } }",
  ),
  "and_filter of one": filter("and_filter: { filters: [{ not_health_check_filter: {} }] }"),
  "or_filter of two": filter(
    "or_filter: { filters: [{ not_health_check_filter: {} }, { traceable_filter: {} }] }",
  ),
  "or_filter of one that asks nothing": filter(
    "or_filter: { filters: [{ not_health_check_filter: {} }, {}] }",
  ),
  "header_filter: {}": filter("header_filter: {}"),
  "header_filter without name": filter("header_filter: { header: { present_match: true } }"),
  "response_flag_filter of an unknown flag": filter("response_flag_filter: { flags: [XX] }"),
  "response_flag_filter of nothing": filter("response_flag_filter: {}"),
  "response_flag_filter of the words": filter("response_flag_filter: { flags: [NoHealthyUpstream] }"),
  "grpc_status_filter of 17": filter("grpc_status_filter: { statuses: [17] }"),
  "metadata_filter: {}": filter("metadata_filter: {}"),
  "metadata_filter without value": filter("metadata_filter: { matcher: { filter: f, path: [{ key: k }] } }"),
  "metadata_filter without path": filter(
    "metadata_filter: { matcher: { filter: f, value: { null_match: {} } } }",
  ),
  "log_type_filter: {}": filter("log_type_filter: {}"),
  "log_type_filter of 99": filter("log_type_filter: { types: [99] }"),
  "extension_filter of an unknown type": filter(
    'extension_filter: { name: x, typed_config: { "@type": type.googleapis.com/x.Y } }',
  ),

  // Transport sockets.
  "raw_buffer by its name": socket("name: envoy.transport_sockets.raw_buffer"),
  "tls by its name": socket("name: envoy.transport_sockets.tls"),
  "an upstream context": socket(`name: t, typed_config: { "@type": ${TLS}.UpstreamTlsContext }`),
  "a context without anything": socket(`name: t, typed_config: { "@type": ${TLS}.DownstreamTlsContext }`),
  "a raw_buffer": socket(
    "name: r, typed_config: { '@type': type.googleapis.com/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer }",
  ),
  "no certificate": tls(""),
  "a certificate without key": tls(`tls_certificates: [{ certificate_chain: ${inline(one.certificate)} }]`),
  "a key without certificate": tls(`tls_certificates: [{ private_key: ${inline(one.key)} }]`),
  "another's key": tls(
    `tls_certificates: [{ certificate_chain: ${inline(one.certificate)}, private_key: ${inline(rsa.key)} }]`,
  ),
  "two certificates of one kind": tls(`tls_certificates: [${pair(rsa)}, ${pair(rsaToo)}]`),
  "two kinds of certificates": tls(`tls_certificates: [${pair(rsa)}, ${pair(one)}]`),
  "one certificate twice": tls(`tls_certificates: [${pair(rsa)}, ${pair(rsa)}]`),
  "a curve of 224 bits": tls(`tls_certificates: [${pair(small)}]`),
  "a curve of 384 bits": tls(`tls_certificates: [${pair(large)}]`),
  "a certificate that is none": tls(
    `tls_certificates: [{ certificate_chain: { inline_string: x }, private_key: ${inline(one.key)} }]`,
  ),
  "an empty certificate": tls(
    `tls_certificates: [{ certificate_chain: { inline_string: "" }, private_key: ${inline(one.key)} }]`,
  ),
  "a certificate with something behind": tls(
    `tls_certificates: [{ certificate_chain: ${inline(`${one.certificate}more\n`)}, private_key: ${inline(one.key)} }]`,
  ),
  "a chain that is cut off": tls(
    `tls_certificates: [{ certificate_chain: ${inline(one.certificate + ca.certificate.slice(0, 200))}, private_key: ${inline(one.key)} }]`,
  ),
  "a password that is not needed": tls(
    `tls_certificates: [${pair(one, ", password: { inline_string: x }")}]`,
  ),
  "a staple that is none": tls(`tls_certificates: [${pair(one, ", ocsp_staple: { inline_string: x }")}]`),
  "must staple without staple": withPair("", "ocsp_staple_policy: MUST_STAPLE,"),
  "alpn of 256 octets": withPair(`alpn_protocols: ["${"a".repeat(256)}"]`),
  "alpn of nothing": withPair('alpn_protocols: [""]'),
  "alpn with a comma": withPair('alpn_protocols: ["h2,http/1.1"]'),
  "alpn of long names with a comma": withPair(`alpn_protocols: ["${"a".repeat(200)},${"b".repeat(200)}"]`),
  "secrets without name": tls("tls_certificate_sds_secret_configs: [{}]"),
  "a static secret that is not there": tls("tls_certificate_sds_secret_configs: [{ name: nothing }]"),
  "session_timeout: 0s": withPair("", "session_timeout: 0s,"),
  "session_timeout: -1s": withPair("", "session_timeout: -1s,"),
  "session_timeout: 0.5s": withPair("", "session_timeout: 0.5s,"),
  "session_timeout: 4294967295s": withPair("", "session_timeout: 4294967295s,"),
  "session_timeout: 4294967296s": withPair("", "session_timeout: 4294967296s,"),
  "session_ticket_keys: {}": withPair("", "session_ticket_keys: {},"),
  "a ticket key of 79 octets": withPair(
    "",
    `session_ticket_keys: { keys: [{ inline_string: ${"k".repeat(79)} }] },`,
  ),
  "a ticket key of 80 octets": withPair(
    "",
    `session_ticket_keys: { keys: [{ inline_string: ${"k".repeat(80)} }] },`,
  ),
  "ocsp_staple_policy: 3": withPair("", "ocsp_staple_policy: 3,"),
  "key_log: {}": withPair("key_log: {}"),
  "key_log with a bad range": withPair(
    "key_log: { path: /dev/null, local_address_range: [{ address_prefix: x, prefix_len: 8 }] }",
  ),
  "a cipher suite that is none": params("cipher_suites: [nonsense]"),
  "a cipher suite that is none, among others": params(
    "cipher_suites: [ECDHE-RSA-AES128-GCM-SHA256, nonsense]",
  ),
  "cipher suites of TLS 1.3": params("cipher_suites: [TLS_AES_128_GCM_SHA256]"),
  "cipher suites by IANA's names": params("cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]"),
  "cipher suites of one preference": params(
    'cipher_suites: ["[ECDHE-ECDSA-AES128-GCM-SHA256|ECDHE-ECDSA-CHACHA20-POLY1305]"]',
  ),
  "cipher suites in one text": params(
    'cipher_suites: ["ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256"]',
  ),
  "a cipher suite with SHA-256 as MAC": params("cipher_suites: [ECDHE-RSA-AES128-SHA256]"),
  "a cipher suite of RC4": params("cipher_suites: [RC4-SHA]"),
  "a cipher suite of DHE": params("cipher_suites: [DHE-RSA-AES128-GCM-SHA256]"),
  "an empty cipher suite": params('cipher_suites: [""]'),
  "cipher suites without all": params('cipher_suites: ["-ALL", "ECDHE-RSA-AES128-GCM-SHA256"]'),
  "curves by each name": params("ecdh_curves: [X25519, P-256, P-384, P-521]"),
  "curves in one text": params('ecdh_curves: ["X25519:P-256"]'),
  "curve P-224": params("ecdh_curves: [P-224]"),
  "curve X448": params("ecdh_curves: [X448]"),
  "curve prime256v1": params("ecdh_curves: [prime256v1]"),
  "curve secp256r1": params("ecdh_curves: [secp256r1]"),
  "curve secp384r1": params("ecdh_curves: [secp384r1]"),
  "curve x25519": params("ecdh_curves: [x25519]"),
  "curve X25519MLKEM768": params("ecdh_curves: [X25519MLKEM768]"),
  "curve X25519Kyber768Draft00": params("ecdh_curves: [X25519Kyber768Draft00]"),
  "an empty curve": params('ecdh_curves: [""]'),
  "a curve twice": params("ecdh_curves: [P-256, P-256]"),
  "signature algorithms": params("signature_algorithms: [rsa_pss_rsae_sha256, ecdsa_secp256r1_sha256]"),
  "signature algorithms of before": params('signature_algorithms: ["RSA+SHA256", "ECDSA+SHA384"]'),
  "a signature algorithm that is none": params("signature_algorithms: [nonsense]"),
  "a signature algorithm twice": params("signature_algorithms: [rsa_pss_rsae_sha256, rsa_pss_rsae_sha256]"),
  "an empty signature algorithm": params('signature_algorithms: [""]'),
  "signature algorithms in one text": params('signature_algorithms: ["rsa_pss_rsae_sha256:ed25519"]'),
  "tls_minimum_protocol_version: 5": params("tls_minimum_protocol_version: 5"),
  "compliance_policies: [0]": params("compliance_policies: [0]"),
  "compliance_policies of two": params("compliance_policies: [FIPS_202205, FIPS_202205]"),

  // Validation contexts.
  "an empty validation context": validation(""),
  "a required certificate, nothing to verify it by": withPair("", "require_client_certificate: true,"),
  "a trusted CA that is none": validation("trusted_ca: { inline_string: x }"),
  "an empty trusted CA": validation('trusted_ca: { inline_string: "" }'),
  "a trusted CA in no file": validation("trusted_ca: { filename: /nowhere }"),
  "a CRL for a trusted CA": validation(`trusted_ca: ${inline(crl)}`),
  "a CRL without a trusted CA": validation(`crl: ${inline(crl)}`),
  "an empty CRL": validation(`${trusted}, crl: { inline_string: "" }`),
  "a CRL that is cut off": validation(`${trusted}, crl: ${inline(crl.slice(0, 200))}`),
  "allow_expired_certificate without a trusted CA": validation("allow_expired_certificate: true"),
  allow_expired_certificate: validation(`${trusted}, allow_expired_certificate: true`),
  "max_verify_depth: 100": validation(`${trusted}, max_verify_depth: 100`),
  "max_verify_depth: 101": validation(`${trusted}, max_verify_depth: 101`),
  "max_verify_depth without a trusted CA": validation("max_verify_depth: 1"),
  "trust_chain_verification: 2": validation("trust_chain_verification: 2"),
  "a hash of 63 digits": validation(`verify_certificate_hash: ["${"a".repeat(63)}"]`),
  "a hash of 64 digits": validation(`verify_certificate_hash: ["${"a".repeat(64)}"]`),
  "a hash of 64 letters": validation(`verify_certificate_hash: ["${"x".repeat(64)}"]`),
  "a hash with colons": validation(`verify_certificate_hash: ["${Array(32).fill("aA").join(":")}"]`),
  "a hash with some colons": validation(`verify_certificate_hash: ["${"a".repeat(62)}:${"a".repeat(2)}"]`),
  "a hash of 96 characters": validation(`verify_certificate_hash: ["${"a".repeat(96)}"]`),
  "a pin of 43 characters": validation(`verify_certificate_spki: ["${"A".repeat(43)}"]`),
  "a pin of 44 characters": validation(`verify_certificate_spki: ["${"A".repeat(43)}="]`),
  "a pin of 33 octets": validation(`verify_certificate_spki: ["${"A".repeat(44)}"]`),
  "a pin that is no base64": validation(`verify_certificate_spki: ["${"*".repeat(44)}"]`),
  "names without a trusted CA": validation(
    "match_typed_subject_alt_names: [{ san_type: DNS, matcher: { exact: a } }]",
  ),
  "a name of no kind": san("matcher: { exact: a }"),
  "a name without matcher": san("san_type: DNS"),
  "a name with an empty matcher": san("san_type: DNS, matcher: {}"),
  "a name by an empty prefix": san('san_type: DNS, matcher: { prefix: "" }'),
  "an empty name": san('san_type: DNS, matcher: { exact: "" }'),
  "a name by a bad expression": san('san_type: DNS, matcher: { safe_regex: { regex: "(" } }'),
  "another name without identifier": san("san_type: OTHER_NAME, matcher: { exact: a }"),
  "another name with a bad identifier": san("san_type: OTHER_NAME, matcher: { exact: a }, oid: 1.x"),
  "another name with an identifier of one arc": san('san_type: OTHER_NAME, matcher: { exact: a }, oid: "1"'),
  "another name with an identifier": san("san_type: OTHER_NAME, matcher: { exact: a }, oid: 1.2.3"),
  "a DNS name with an identifier": san("san_type: DNS, matcher: { exact: a }, oid: 1.2.3"),
  "combined with nothing": withPair("combined_validation_context: {}"),
  "combined with a default alone": withPair(
    `combined_validation_context: { default_validation_context: { ${trusted} } }`,
  ),
  "combined with a secret alone": withPair(
    "combined_validation_context: { validation_context_sds_secret_config: { name: nothing } }",
  ),

  // The TCP proxy.
  "no cluster": tcp(""),
  "a cluster without name": tcp('cluster: ""'),
  "no stat_prefix": filters(network("tcp_proxy.v3.TcpProxy", "cluster: a")),
  "weighted_clusters: {}": tcp("weighted_clusters: {}"),
  "a weight of 0": tcp("weighted_clusters: { clusters: [{ name: a, weight: 0 }] }"),
  "no weight": tcp("weighted_clusters: { clusters: [{ name: a }] }"),
  "weights of more than 32 bits": tcp(
    "weighted_clusters: { clusters: [{ name: a, weight: 4294967295 }, { name: b, weight: 4294967295 }] }",
  ),
  "a weighted cluster without name": tcp("weighted_clusters: { clusters: [{ weight: 1 }] }"),
  "idle_timeout: -1s": tcp("cluster: a, idle_timeout: -1s"),
  "idle_timeout: 0s": tcp("cluster: a, idle_timeout: 0s"),
  "max_downstream_connection_duration: 0s": tcp("cluster: a, max_downstream_connection_duration: 0s"),
  "max_downstream_connection_duration: 0.0009s": tcp(
    "cluster: a, max_downstream_connection_duration: 0.0009s",
  ),
  "max_downstream_connection_duration: 0.001s": tcp("cluster: a, max_downstream_connection_duration: 0.001s"),
  "a jitter of 101": tcp(
    "cluster: a, max_downstream_connection_duration: 1s, max_downstream_connection_duration_jitter_percentage: { value: 101 }",
  ),
  "a jitter of -1": tcp("cluster: a, max_downstream_connection_duration_jitter_percentage: { value: -1 }"),
  "max_connect_attempts: 0": tcp("cluster: a, max_connect_attempts: 0"),
  "access_log_flush_interval: 0s": tcp("cluster: a, access_log_options: { access_log_flush_interval: 0s }"),
  "access_log_flush_interval: 0.001s": tcp(
    "cluster: a, access_log_options: { access_log_flush_interval: 0.001s }",
  ),
  "both intervals of the log": tcp(
    "cluster: a, access_log_flush_interval: 1s, access_log_options: { access_log_flush_interval: 1s }",
  ),
  "the old interval of the log beside options": tcp(
    "cluster: a, access_log_flush_interval: 1s, access_log_options: {}",
  ),
  "two hash policies": tcp("cluster: a, hash_policy: [{ source_ip: {} }, { source_ip: {} }]"),
  "an empty hash policy": tcp("cluster: a, hash_policy: [{}]"),
  "a hash policy by no key": tcp("cluster: a, hash_policy: [{ filter_state: {} }]"),
  "backoff_options: {}": tcp("cluster: a, backoff_options: {}"),
  "base_interval: 0s": tcp("cluster: a, backoff_options: { base_interval: 0s }"),
  "base_interval: 0.0005s": tcp("cluster: a, backoff_options: { base_interval: 0.0005s }"),
  "base_interval: 0.001s": tcp("cluster: a, backoff_options: { base_interval: 0.001s }"),
  "max_interval below base_interval": tcp(
    "cluster: a, backoff_options: { base_interval: 1s, max_interval: 0.5s }",
  ),
  "max_interval: 0s": tcp("cluster: a, backoff_options: { base_interval: 1s, max_interval: 0s }"),
  "tunneling_config: {}": tcp("cluster: a, tunneling_config: {}"),
  "a tunnel to a bad format": tcp('cluster: a, tunneling_config: { hostname: "%NOPE%" }'),
  "a post_path without post": tcp("cluster: a, tunneling_config: { hostname: h, post_path: /a }"),
  "a tunnel with a header :path": tcp(
    'cluster: a, tunneling_config: { hostname: h, headers_to_add: [{ header: { key: ":path", value: x } }] }',
  ),
  "a tunnel with a header host": tcp(
    "cluster: a, tunneling_config: { hostname: h, headers_to_add: [{ header: { key: Host, value: x } }] }",
  ),
  "a tunnel with an empty header": tcp(
    'cluster: a, tunneling_config: { hostname: h, headers_to_add: [{ header: { key: "", value: x } }] }',
  ),
  "upstream_connect_mode: 3": tcp("cluster: a, upstream_connect_mode: 3, max_early_data_bytes: 1"),
  "upstream_connect_mode without max_early_data_bytes": tcp(
    "cluster: a, upstream_connect_mode: ON_DOWNSTREAM_DATA",
  ),
  "max_early_data_bytes: 0": tcp(
    "cluster: a, upstream_connect_mode: ON_DOWNSTREAM_DATA, max_early_data_bytes: 0",
  ),
  "max_early_data_bytes: 1048577": tcp("cluster: a, max_early_data_bytes: 1048577"),
  "a TLV of type 256": tcp("cluster: a, proxy_protocol_tlvs: [{ type: 256, value: YQ== }]"),
  "a TLV of type 4": tcp("cluster: a, proxy_protocol_tlvs: [{ type: 4, value: YQ== }]"),
  "a TLV without value": tcp("cluster: a, proxy_protocol_tlvs: [{ type: 224 }]"),
  "a TLV with two values": tcp(
    "cluster: a, proxy_protocol_tlvs: [{ type: 224, value: YQ==, format_string: { text_format_source: { inline_string: a } } }]",
  ),
  "proxy_protocol_tlv_merge_policy: 3": tcp("cluster: a, proxy_protocol_tlv_merge_policy: 3"),
  "on_demand: {}": tcp("cluster: a, on_demand: {}"),

  // Other network filters.
  "connection_limit: max_connections: 0": before(
    "connection_limit.v3.ConnectionLimit",
    "stat_prefix: c, max_connections: 0",
  ),
  "connection_limit: no max_connections": before("connection_limit.v3.ConnectionLimit", "stat_prefix: c"),
  "connection_limit: no stat_prefix": before("connection_limit.v3.ConnectionLimit", "max_connections: 1"),
  "connection_limit: delay: -1s": before(
    "connection_limit.v3.ConnectionLimit",
    "stat_prefix: c, max_connections: 1, delay: -1s",
  ),
  "local_ratelimit: no bucket": before("local_ratelimit.v3.LocalRateLimit", "stat_prefix: c"),
  "local_ratelimit: max_tokens: 0": before(
    "local_ratelimit.v3.LocalRateLimit",
    "stat_prefix: c, token_bucket: { max_tokens: 0, fill_interval: 1s }",
  ),
  "local_ratelimit: tokens_per_fill: 0": before(
    "local_ratelimit.v3.LocalRateLimit",
    "stat_prefix: c, token_bucket: { max_tokens: 1, tokens_per_fill: 0, fill_interval: 1s }",
  ),
  "local_ratelimit: fill_interval: 0.049s": before(
    "local_ratelimit.v3.LocalRateLimit",
    "stat_prefix: c, token_bucket: { max_tokens: 1, fill_interval: 0.049s }",
  ),
  "local_ratelimit: fill_interval: 0.05s": before(
    "local_ratelimit.v3.LocalRateLimit",
    "stat_prefix: c, token_bucket: { max_tokens: 1, fill_interval: 0.05s }",
  ),
  "local_ratelimit: fill_interval: 0s": before(
    "local_ratelimit.v3.LocalRateLimit",
    "stat_prefix: c, token_bucket: { max_tokens: 1, fill_interval: 0s }",
  ),
  "direct_response: {}": filters(network("direct_response.v3.Config", "response: {}")),
  "direct_response: no file": filters(
    network("direct_response.v3.Config", "response: { filename: /nowhere }"),
  ),
  "rbac: no stat_prefix": before("rbac.v3.RBAC", "rules: {}"),
  "rbac: nothing": before("rbac.v3.RBAC", "stat_prefix: r"),
  "rbac: delay_deny: -1s": before("rbac.v3.RBAC", "stat_prefix: r, delay_deny: -1s"),
  "rbac: enforcement_type: 2": before("rbac.v3.RBAC", "stat_prefix: r, enforcement_type: 2"),
  "rbac: a policy without permissions": before(
    "rbac.v3.RBAC",
    "stat_prefix: r, rules: { policies: { p: { principals: [{ any: true }] } } }",
  ),
  "rbac: a policy by a header": before(
    "rbac.v3.RBAC",
    "stat_prefix: r, rules: { policies: { p: { principals: [{ any: true }], permissions: [{ header: { name: a, present_match: true } }] } } }",
  ),
  "set_filter_state: no key": before(
    "set_filter_state.v3.Config",
    "on_new_connection: [{ format_string: { text_format_source: { inline_string: a } } }]",
  ),
  "set_filter_state: no value": before(
    "set_filter_state.v3.Config",
    "on_new_connection: [{ object_key: a, factory_key: envoy.string }]",
  ),
  "set_filter_state: an unknown factory": before(
    "set_filter_state.v3.Config",
    "on_new_connection: [{ object_key: a, factory_key: x, format_string: { text_format_source: { inline_string: a } } }]",
  ),
  "set_filter_state: an unknown key": before(
    "set_filter_state.v3.Config",
    "on_new_connection: [{ object_key: a, format_string: { text_format_source: { inline_string: a } } }]",
  ),
  "set_filter_state: nothing": before("set_filter_state.v3.Config", ""),
};

export const LISTENER_SETTING_CASES: readonly ConformanceCase[] = [
  {
    title: "which settings of listeners, their filters and their TLS are taken and which are refused",
    yaml: `
node: { id: node, cluster: nodes }
dynamic_resources: { lds_config: ${fileSource("lds.yaml")} }
`,
    files: {
      "lds.yaml": discovered("first", RESOURCE, [`name: main, ${ADDRESS}, ${CHAINS}`]),
    },
    observe: ({ proxy }) =>
      judgeUpdates(
        proxy,
        "lds",
        Object.entries(SETTINGS).map(([what, fields], i) => [
          what,
          discovered(String(i), RESOURCE, [`name: main, ${ADDRESS}, ${CHAINS}`, `name: at${i}, ${fields}`]),
        ]),
      ),
  },
];
