import type { Compiled } from "@sluice/extension-api";
import { compileHeaderMatcher, compileMetadataMatcher } from "@sluice/matching";
import type { Permission } from "@sluice/xds/gen/envoy/config/rbac/v3/rbac_pb.js";
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
  templateTest,
  textTest,
} from "./compile-tests.ts";
import type { RbacTest } from "./rbac-input.ts";

/** What may be done. */
export function compilePermission(permission: Permission, path: string): Compiled<RbacTest> {
  const { rule } = permission;
  switch (rule.case) {
    case "andRules":
      return allOf(rule.value.rules.map((one, i) => compilePermission(one, `${path}.and_rules.rules[${i}]`)));
    case "orRules":
      return anyOf(rule.value.rules.map((one, i) => compilePermission(one, `${path}.or_rules.rules[${i}]`)));
    case "notRule":
      return notTest(compilePermission(rule.value, `${path}.not_rule`));
    case "any":
      return always;
    case "header":
      return conditionTest(compileHeaderMatcher(rule.value, `${path}.header`));
    case "urlPath":
      return pathTest(rule.value, `${path}.url_path`);
    case "destinationIp":
      return ipTest(rule.value, `${path}.destination_ip`, ({ connection }) => connection.destinationIp);
    case "destinationPort": {
      const port = rule.value;
      return { ok: true, value: ({ connection }) => connection.destinationPort === port };
    }
    case "destinationPortRange": {
      const { start, end } = rule.value;
      if (start >= end)
        return refuseTest(`${path}.destination_port_range`, `start ${start} is not below end ${end}`);
      return {
        ok: true,
        value: ({ connection }) => {
          const port = connection.destinationPort ?? -1;
          return port >= start && port < end;
        },
      };
    }
    case "metadata":
      return conditionTest(compileMetadataMatcher(rule.value, `${path}.metadata`));
    case "sourcedMetadata":
      return sourcedMetadataTest(rule.value, `${path}.sourced_metadata`);
    case "requestedServerName":
      return textTest(rule.value, `${path}.requested_server_name`, ({ connection }) => connection.serverName);
    case "matcher":
      return refuseTest(`${path}.matcher`, `matcher ${rule.value.name} is not implemented`);
    case "uriTemplate":
      return templateTest(rule.value, `${path}.uri_template`);
    default:
      return refuseTest(path, "a rule is required");
  }
}
