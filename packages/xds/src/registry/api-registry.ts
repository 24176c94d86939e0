import { createFileRegistry, type DescMessage, type FileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { descriptorSetBase64 } from "../../gen/descriptors.js";
import { udpaTypedStructFile } from "./udpa-typed-struct.ts";

let registry: FileRegistry | undefined;

/**
 * Every message, enum, service and extension of Envoy 1.40's API and of OTLP, by full name (`envoy.config.cluster.v3.Cluster`).
 * Built on first use (about 0.1 s), then shared. Its descriptors and those of `@sluice/xds/gen` describe the same messages:
 * a message made with one can be used with the other.
 */
export function apiRegistry(): FileRegistry {
  if (registry === undefined) {
    const set = fromBinary(FileDescriptorSetSchema, Buffer.from(descriptorSetBase64, "base64"));
    set.file.push(udpaTypedStructFile());
    registry = createFileRegistry(set);
  }
  return registry;
}

/** The descriptor of a message of the API. Throws on a name that the API does not have: that is a mistake of the caller. */
export function messageDescriptor(type: DescMessage | string): DescMessage {
  if (typeof type !== "string") return type;
  const descriptor = apiRegistry().getMessage(type);
  if (descriptor === undefined) throw new Error(`${type} is no message of Envoy's API`);
  return descriptor;
}

let names: readonly string[] | undefined;

/** Full names of all messages, sorted. */
export function messageTypeNames(): readonly string[] {
  if (names === undefined) {
    const found: string[] = [];
    for (const descriptor of apiRegistry()) {
      if (descriptor.kind === "message") found.push(descriptor.typeName);
    }
    names = found.sort();
  }
  return names;
}
