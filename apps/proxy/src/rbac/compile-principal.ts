import type { Compiled } from "@sluice/extension-api";
import {
  compileFilterStateMatcher,
  compileHeaderMatcher,
  compileMetadataMatcher,
  compileStringMatcher,
} from "@sluice/matching";
import type { Principal, Principal_Authenticated } from "@sluice/xds/gen/envoy/config/rbac/v3/rbac_pb.js";
import {
  allOf,
  always,
  anyOf,
  conditionTest,
  ipTest,
  notTest,
  pathTest,
  refuseTest,
  sourcedMetadataTest,
} from "./compile-tests.ts";
import type { RbacTest } from "./rbac-input.ts";

/** Who may do it. */
export function compilePrincipal(principal: Principal, path: string): Compiled<RbacTest> {
  const id = principal.identifier;
  switch (id.case) {
    case "andIds":
      return allOf(id.value.ids.map((one, i) => compilePrincipal(one, `${path}.and_ids.ids[${i}]`)));
    case "orIds":
      return anyOf(id.value.ids.map((one, i) => compilePrincipal(one, `${path}.or_ids.ids[${i}]`)));
    case "notId":
      return notTest(compilePrincipal(id.value, `${path}.not_id`));
    case "any":
      return always;
    case "authenticated":
      return authenticated(id.value, `${path}.authenticated`);
    case "sourceIp":
      return ipTest(id.value, `${path}.source_ip`, ({ connectionSourceIp }) => connectionSourceIp);
    case "remoteIp":
      return ipTest(id.value, `${path}.remote_ip`, ({ connection }) => connection.sourceIp);
    case "directRemoteIp":
      return ipTest(id.value, `${path}.direct_remote_ip`, ({ connection }) => connection.directSourceIp);
    case "header":
      return conditionTest(compileHeaderMatcher(id.value, `${path}.header`));
    case "urlPath":
      return pathTest(id.value, `${path}.url_path`);
    case "metadata":
      return conditionTest(compileMetadataMatcher(id.value, `${path}.metadata`));
    case "sourcedMetadata":
      return sourcedMetadataTest(id.value, `${path}.sourced_metadata`);
    case "filterState":
      return conditionTest(compileFilterStateMatcher(id.value, `${path}.filter_state`));
    case "custom":
      return refuseTest(`${path}.custom`, `principal ${id.value.name} is not implemented`);
    default:
      return refuseTest(path, "an identifier is required");
  }
}

/** By the client certificate: its URI SANs, then DNS SANs, then the subject. */
function authenticated({ principalName }: Principal_Authenticated, path: string): Compiled<RbacTest> {
  if (principalName === undefined)
    return { ok: true, value: ({ tls }) => tls?.peerCertificatePresented === true };
  const compiled = compileStringMatcher(principalName, `${path}.principal_name`);
  if (!compiled.ok) return compiled;
  const matches = (name: string): boolean => compiled.value.matches(name);
  return {
    ok: true,
    value: ({ tls, connection }) =>
      tls !== undefined &&
      (connection.uriSanPeer.some(matches) ||
        connection.dnsSanPeer.some(matches) ||
        matches(connection.subjectPeer)),
  };
}
