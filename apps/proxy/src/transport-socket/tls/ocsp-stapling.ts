import {
  type DownstreamTlsContext,
  DownstreamTlsContext_OcspStaplePolicy as Policy,
} from "@sluice/xds/gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.js";
import type { ProblemSink } from "./problem-sink.ts";
import type { CertificateAndKey } from "./tls-certificate.ts";

/** What a handshake does about OCSP: `none` for a client that does not ask. */
export type StapleAction = "none" | "staple" | "omit" | "fail";

/** `ocsp_staple_policy`, as Envoy reads it: a must-staple certificate has the strictest. */
export function stapleAction(
  { ocsp, mustStaple }: CertificateAndKey,
  policy: DownstreamTlsContext["ocspStaplePolicy"],
  asked: boolean,
  nowMs: number,
): StapleAction {
  if (!asked) return "none";
  if (ocsp?.nextUpdateMs !== undefined && ocsp.nextUpdateMs >= nowMs) return "staple";
  if (mustStaple || policy === Policy.MUST_STAPLE) return "fail";
  return policy === Policy.STRICT_STAPLING && ocsp !== undefined ? "fail" : "omit";
}

/** Certificates that could never be served under the policy. */
export function checkStaple(
  { ocsp, mustStaple }: CertificateAndKey,
  policy: DownstreamTlsContext["ocspStaplePolicy"],
  sink: ProblemSink,
): void {
  if (ocsp !== undefined) return;
  if (mustStaple) sink.add("OCSP response is required for must-staple certificate");
  else if (policy === Policy.MUST_STAPLE) sink.add("Required OCSP response is missing from TLS context");
}
