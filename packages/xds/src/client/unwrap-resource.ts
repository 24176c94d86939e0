import { fromBinary } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import { ResourceSchema } from "../../gen/envoy/service/discovery/v3/discovery_pb.js";
import { messageDescriptor } from "../registry/api-registry.ts";
import { typeNameOf } from "../registry/unknown-type.ts";
import { ttlMsOf } from "./resource-ttls.ts";
import type { XdsResource } from "./xds-client.ts";

const RESOURCE_TYPE_URL = "type.googleapis.com/envoy.service.discovery.v3.Resource";

/** A resource of a response, or the sign that one that the client has goes on living (`heartbeat`: its name). */
export type Unwrapped =
  | { readonly resource: XdsResource; readonly ttlMs: number | undefined }
  | { readonly heartbeat: string; readonly ttlMs: number | undefined };

/**
 * A resource of a state-of-the-world response: its name is inside of it, or in a Resource around it. Throws an Error whose
 * message is the refusal when it is of another type or cannot be decoded.
 */
export function unwrapResource(any: Any, typeUrl: string, versionInfo: string): Unwrapped {
  if (any.typeUrl === RESOURCE_TYPE_URL) {
    const { name, version, resource, ttl } = fromBinary(ResourceSchema, any.value);
    const ttlMs = ttlMsOf(ttl);
    if (resource === undefined && ttlMs !== undefined) return { heartbeat: name, ttlMs };
    if (resource?.typeUrl !== typeUrl) throw new Error(wrongType(resource?.typeUrl ?? "", typeUrl));
    return { resource: { name, version: version || versionInfo, value: resource.value }, ttlMs };
  }
  if (any.typeUrl !== typeUrl) throw new Error(wrongType(any.typeUrl, typeUrl));
  const message: unknown = fromBinary(messageDescriptor(typeNameOf(any)), any.value);
  return {
    resource: { name: nameOf(message), version: versionInfo, value: any.value },
    ttlMs: undefined,
  };
}

/** The resources themselves, for sources that know no heartbeats. */
export function unwrapResources(
  all: readonly Any[],
  typeUrl: string,
  versionInfo: string,
): readonly XdsResource[] {
  return all.flatMap((any) => {
    const unwrapped = unwrapResource(any, typeUrl, versionInfo);
    return "resource" in unwrapped ? [unwrapped.resource] : [];
  });
}

export function wrongType(got: string, wanted: string): string {
  return `type URL ${got === "" ? "(none)" : got} does not match the subscribed ${wanted}`;
}

function nameOf(message: unknown): string {
  if (typeof message !== "object" || message === null) return "";
  if ("clusterName" in message && typeof message.clusterName === "string") return message.clusterName;
  return "name" in message && typeof message.name === "string" ? message.name : "";
}
