import type {
  ConfigSource,
  ExtensionConfigSource,
} from "@sluice/xds/gen/envoy/config/core/v3/config_source_pb.js";
import { sourceKey } from "./config-source.ts";

export type ExtensionKind = "http" | "network" | "listener";

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
