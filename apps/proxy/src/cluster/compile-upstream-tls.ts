import { readFileSync } from "node:fs";
import type { Compiled, Problem } from "@sluice/extension-api";
import type { DataSource } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import {
  type UpstreamTlsContext,
  UpstreamTlsContextSchema,
} from "@sluice/xds/gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.js";
import { refuseUnsupportedFields } from "../server/refuse-unsupported-fields.ts";
import type { UpstreamTlsConfig } from "./cluster-config.ts";
import { CLUSTER_SUPPORTED_FIELDS } from "./cluster-supported-fields.ts";

/** Reads an UpstreamTlsContext; files are read now. */
export function compileUpstreamTls(context: UpstreamTlsContext, path: string): Compiled<UpstreamTlsConfig> {
  const problems: Problem[] = refuseUnsupportedFields(
    UpstreamTlsContextSchema,
    context,
    CLUSTER_SUPPORTED_FIELDS,
    path,
  );
  const refuse = (at: string, message: string): void => {
    problems.push({ path: `${path}.${at}`, message, severity: "error" });
  };
  const read = (source: DataSource | undefined, at: string): string | undefined => {
    try {
      return readDataSource(source);
    } catch (error) {
      refuse(at, error instanceof Error ? error.message : String(error));
      return undefined;
    }
  };
  const common = context.commonTlsContext;
  const validation =
    common?.validationContextType.case === "validationContext"
      ? common.validationContextType.value
      : undefined;
  const certificates = common?.tlsCertificates ?? [];
  if (certificates.length > 1)
    refuse("common_tls_context.tls_certificates", "only one client certificate is implemented");
  const at = "common_tls_context";
  const subjectAltNames: UpstreamTlsConfig["subjectAltNames"][number][] = [];
  validation?.matchTypedSubjectAltNames.forEach((entry, index) => {
    const pattern = entry.matcher?.matchPattern;
    if (pattern === undefined) return;
    switch (pattern.case) {
      case "exact":
      case "prefix":
      case "suffix":
      case "contains":
        subjectAltNames.push({ kind: pattern.case, value: pattern.value });
        break;
      default:
        refuse(
          `${at}.validation_context.match_typed_subject_alt_names[${index}]`,
          "this kind of matcher is not implemented",
        );
    }
  });
  if (subjectAltNames.length > 0 && validation?.trustedCa === undefined) {
    refuse(`${at}.validation_context`, "match_typed_subject_alt_names needs trusted_ca");
  }
  const min = common?.tlsParams?.tlsMinimumProtocolVersion ?? 0;
  const max = common?.tlsParams?.tlsMaximumProtocolVersion ?? 0;
  if (min === 1 || min === 2 || max === 1 || max === 2)
    refuse(`${at}.tls_params`, "TLS 1.0 and 1.1 are not implemented");
  const value: UpstreamTlsConfig = {
    sni: context.sni,
    alpn: common?.alpnProtocols ?? [],
    trustedCa: read(validation?.trustedCa, `${at}.validation_context.trusted_ca`),
    certificate: read(certificates[0]?.certificateChain, `${at}.tls_certificates[0].certificate_chain`),
    privateKey: read(certificates[0]?.privateKey, `${at}.tls_certificates[0].private_key`),
    subjectAltNames,
    minVersion: min === 4 ? "TLSv1.3" : "TLSv1.2",
    maxVersion: max === 3 ? "TLSv1.2" : "TLSv1.3",
  };
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value };
}

function readDataSource(source: DataSource | undefined): string | undefined {
  switch (source?.specifier.case) {
    case "filename":
      return readFileSync(source.specifier.value, "utf8");
    case "inlineString":
      return source.specifier.value;
    case "inlineBytes":
      return Buffer.from(source.specifier.value).toString("utf8");
    default:
      return undefined;
  }
}
