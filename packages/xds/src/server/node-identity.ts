import type { Node } from "../../gen/envoy/config/core/v3/base_pb.js";
import type { AuthenticatedNode, NodeIdentity } from "../snapshot-source.ts";

/** Undefined when the node does not say its id. */
export function nodeIdentity(
  node: Node | undefined,
  authenticated?: AuthenticatedNode,
): NodeIdentity | undefined {
  if (node === undefined || node.id === "") return undefined;
  const build = node.userAgentVersionType;
  const version = build.case === "userAgentBuildVersion" ? build.value.version : undefined;
  return {
    id: node.id,
    cluster: node.cluster,
    region: node.locality?.region ?? "",
    zone: node.locality?.zone ?? "",
    subZone: node.locality?.subZone ?? "",
    userAgentName: node.userAgentName,
    userAgentVersion:
      build.case === "userAgentVersion"
        ? build.value
        : version === undefined
          ? ""
          : `${version.majorNumber}.${version.minorNumber}.${version.patch}`,
    metadata: node.metadata ?? {},
    ...(authenticated === undefined ? {} : { authenticated }),
    extensions: node.extensions.map(({ name, category, typeUrls }) => ({
      name,
      category,
      typeUrls,
    })),
    clientFeatures: node.clientFeatures,
  };
}
