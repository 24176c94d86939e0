import { fromBinary } from "@bufbuild/protobuf";
import { type Any, anyUnpack } from "@bufbuild/protobuf/wkt";
import { ResourceSchema } from "../../gen/envoy/service/discovery/v3/discovery_pb.js";
import { apiRegistry } from "../registry/api-registry.ts";

/** Its name, and its bytes as text. */
export function contentOf(any: Any): [string, string] {
  const message = anyUnpack(any, apiRegistry());
  if (message === undefined) throw new Error(`unknown type ${any.typeUrl}`);
  if (message.$typeName === ResourceSchema.typeName) {
    const { name, resource } = fromBinary(ResourceSchema, any.value);
    return [name, resource === undefined ? "" : contentOf(resource)[1]];
  }
  const named = message as unknown as { readonly name?: string; readonly clusterName?: string };
  return [named.name ?? named.clusterName ?? "", Buffer.from(any.value).toString("base64url")];
}
