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

/** Envoy refuses its API's second version since 1.23, though descriptors of v3 still refer to it. */
const RETIRED = /^envoy\.(?:.+\.)?v2(?:alpha[0-9]*)?\./;

const preferred = new Map<string, DescMessage>();

/**
 * Names messages of `@sluice/xds/gen` that this thread has loaded anyway: reading an Any of one of them does not build the
 * registry of the whole API, which costs a short-lived or small thread more than all of its own messages.
 */
export function preferMessages(schemas: readonly DescMessage[]): void {
  for (const schema of schemas) preferred.set(schema.typeName, schema);
}

/** The message of that full name that an Any may hold. */
export function messageInAny(typeName: string): DescMessage | undefined {
  if (RETIRED.test(typeName)) return undefined;
  return preferred.get(typeName) ?? apiRegistry().getMessage(typeName);
}

let names: readonly string[] | undefined;

/** Full names of all messages that an Any may hold, sorted. */
export function messageTypeNames(): readonly string[] {
  if (names === undefined) {
    const found: string[] = [];
    for (const descriptor of apiRegistry()) {
      if (descriptor.kind === "message" && !RETIRED.test(descriptor.typeName))
        found.push(descriptor.typeName);
    }
    names = found.sort();
  }
  return names;
}
