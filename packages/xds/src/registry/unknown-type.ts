import type { DescMessage } from "@bufbuild/protobuf";
import { messageTypeNames } from "./api-registry.ts";
import { nearestName } from "./nearest-name.ts";

const TYPE_URL_PREFIX = "type.googleapis.com/";

/** A type that the API does not have. */
export interface UnknownType {
  readonly ok: false;
  readonly reason: "unknown_type";
  readonly typeName: string;
  /** Nearest known full name, where one is near. */
  readonly nearest: string | undefined;
  /** One sentence for people. */
  readonly message: string;
}

/** `type.googleapis.com/envoy.config.cluster.v3.Cluster`, as `@type` and `type_url` have it. */
export function typeUrlOf(type: DescMessage | string): string {
  return TYPE_URL_PREFIX + (typeof type === "string" ? type : type.typeName);
}

/** Full message name of an Any or a type URL: what stands behind the last `/`; "" for an empty Any. */
export function typeNameOf(any: { readonly typeUrl: string } | string): string {
  const url = typeof any === "string" ? any : any.typeUrl;
  return url.slice(url.lastIndexOf("/") + 1);
}

export function unknownType(typeName: string): UnknownType {
  const known = messageTypeNames();
  // The last word is what people know: prefer the type of that name when there is just one.
  const word = typeName.slice(typeName.lastIndexOf("."));
  const namesakes = known.filter((name) => name.endsWith(word));
  const nearest =
    typeName === "" || typeName.length > 200
      ? undefined
      : (nearestName(typeName, known) ?? (namesakes.length === 1 ? namesakes[0] : undefined));
  const proposal = nearest === undefined ? "" : `; did you mean '${nearest}'?`;
  const message =
    typeName === "" ? "the Any names no type" : `unknown type '${typeName.slice(0, 200)}'${proposal}`;
  return { ok: false, reason: "unknown_type", typeName, nearest, message };
}
