import type { Compiled, HeaderMap, Problem } from "@sluice/extension-api";
import { type Condition, compileRuntimeFraction, headerKey, toBinaryString } from "@sluice/matching";
import type { RouteAction_RequestMirrorPolicy } from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import { compileHeaderEdits, type HeaderEdit } from "./header-edits.ts";

/** Where copies of requests go. */
export interface MirrorPolicy {
  /** "" : `clusterHeader` names it. */
  readonly cluster: string;
  readonly clusterHeader: string;
  /** `undefined`: every request. */
  readonly fraction: Condition | undefined;
  /** `-shadow` joins the host. */
  readonly hostSuffix: boolean;
  /** "" : none. */
  readonly hostLiteral: string;
  readonly edits: readonly HeaderEdit[];
  /** `undefined`: as the request's own span. */
  readonly traceSampled: boolean | undefined;
}

/** `request_mirror_policies` of one level. */
export function compileMirrorPolicies(
  policies: readonly RouteAction_RequestMirrorPolicy[],
  path: string,
): Compiled<readonly MirrorPolicy[]> {
  const problems: Problem[] = [];
  const compiled: MirrorPolicy[] = [];
  for (const [i, policy] of policies.entries()) {
    const at = `${path}[${i}]`;
    if (policy.cluster !== "" && policy.clusterHeader !== "") {
      const message = "only one of cluster or cluster_header in request mirror policy can be specified";
      problems.push({ path: at, message, severity: "error" });
    } else if (policy.cluster === "" && policy.clusterHeader === "") {
      const message = "exactly one of cluster or cluster_header in request mirror policy must be specified";
      problems.push({ path: at, message, severity: "error" });
    }
    let fraction: Condition | undefined;
    if (policy.runtimeFraction !== undefined) {
      const one = compileRuntimeFraction(policy.runtimeFraction, `${at}.runtime_fraction`);
      if (one.ok) fraction = one.value;
      else problems.push(...one.problems);
    }
    const edits = compileHeaderEdits(
      policy.requestHeadersMutations,
      "request",
      `${at}.request_headers_mutations`,
    );
    if (!edits.ok) problems.push(...edits.problems);
    compiled.push({
      cluster: policy.cluster,
      clusterHeader: headerKey(policy.clusterHeader),
      fraction,
      hostSuffix: !policy.disableShadowHostSuffixAppend,
      hostLiteral: toBinaryString(policy.hostRewriteLiteral),
      edits: edits.ok ? edits.value : [],
      traceSampled: policy.traceSampled,
    });
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: compiled };
}

/** The cluster that a request's copy goes to; "" when its header names none. */
export function mirrorCluster(policy: MirrorPolicy, headers: HeaderMap): string {
  return policy.cluster !== "" ? policy.cluster : (headers.get(policy.clusterHeader) ?? "");
}
