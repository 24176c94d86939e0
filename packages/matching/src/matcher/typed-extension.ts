import { type DescMessage, fromBinary, fromJson, type Message } from "@bufbuild/protobuf";
import { TypedStructSchema } from "@sluice/xds/gen/xds/type/v3/typed_struct_pb.js";
import type { Compiled } from "../contract.ts";
import { fieldPath } from "../problem-list.ts";

/** `xds.core.v3.TypedExtensionConfig` and `envoy.config.core.v3.TypedExtensionConfig`. */
export interface TypedExtension {
  readonly name: string;
  readonly typedConfig?: { readonly typeUrl: string; readonly value: Uint8Array } | undefined;
}

/** An extension that this package knows: its configuration's message and what is made of it. */
export interface KnownExtension<T> {
  readonly schema: DescMessage;
  /** `message` is one of `schema`; `path` is where it stands. */
  compile(message: Message, path: string): Compiled<T>;
}

/** By full message name. */
export type KnownExtensions<T> = ReadonlyMap<string, KnownExtension<T>>;

/** Ties a message type to what is made of it. */
export function known<M extends Message, T>(
  schema: DescMessage,
  compile: (message: M, path: string) => Compiled<T>,
): readonly [string, KnownExtension<T>] {
  return [schema.typeName, { schema, compile: (message, path) => compile(ofSchema<M>(message), path) }];
}

/** The message was decoded by the very schema that `known` was given. */
function ofSchema<M extends Message>(message: Message): M {
  return message as M;
}

const TYPED_STRUCTS = new Set(["xds.type.v3.TypedStruct", "udpa.type.v1.TypedStruct"]);

/** Finds and compiles the extension; `what` names its kind for the message that refuses it. */
export function compileExtension<T>(
  extension: TypedExtension | undefined,
  extensions: KnownExtensions<T>,
  what: string,
  path: string,
): Compiled<T> {
  const any = extension?.typedConfig;
  if (extension === undefined || any === undefined) return refuse(path, `a ${what} is required`);
  const at = fieldPath(path, "typed_config");
  let type = any.typeUrl.replace(/^.*\//, "");
  let message: Message | undefined;
  let found: KnownExtension<T> | undefined;
  try {
    if (TYPED_STRUCTS.has(type)) {
      const struct = fromBinary(TypedStructSchema, any.value);
      type = struct.typeUrl.replace(/^.*\//, "");
      found = extensions.get(type);
      if (found !== undefined) message = fromJson(found.schema, struct.value ?? {});
    } else {
      found = extensions.get(type);
      if (found !== undefined) message = fromBinary(found.schema, any.value);
    }
  } catch (error) {
    return refuse(at, `the content is no ${type}: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (found === undefined || message === undefined)
    return refuse(at, `${what} ${type === "" ? extension.name : type} is not implemented`);
  return found.compile(message, at);
}

export function refuse(path: string, message: string): Compiled<never> {
  return { ok: false, problems: [{ path, message, severity: "error" }] };
}
