import type { Any } from "@bufbuild/protobuf/wkt";
import { typeNameOf } from "@sluice/xds/any";
import type {
  ConfigSource,
  ExtensionConfigSource,
} from "@sluice/xds/gen/envoy/config/core/v3/config_source_pb.js";
import { sourceKey } from "./config-source.ts";

/** `upstream_http`: an HTTP filter before upstreams, a router's or a cluster's. */
export type ExtensionKind = "http" | "upstream_http" | "network" | "listener";

/** A place in a chain whose filter's configuration is discovered. */
export interface ExtensionReference {
  readonly kind: ExtensionKind;
  /** The filter's, and the resource's. */
  readonly name: string;
  readonly source: ConfigSource;
  readonly config: ExtensionConfigSource;
  /** Only there may (and must) a terminal filter stand. */
  readonly isLast: boolean;
}

/** What tells discovered filter configurations apart. */
export function extensionKey(kind: ExtensionKind, source: ConfigSource | undefined, name: string): string {
  return `${kind} ${name} ${sourceKey(source)}`;
}

/** Envoy's words, where a filter's configuration is of none of the types that its place takes (`type_urls`). */
export function wrongType(config: Any | undefined, typeUrls: readonly string[]): string | undefined {
  const type = typeNameOf(config?.typeUrl ?? "");
  const allowed = typeUrls.map(typeNameOf);
  if (allowed.includes(type)) return undefined;
  return `Error: filter config has type URL ${type} but expect ${allowed.join(", ")}.`;
}
