import type { DescMessage, Message } from "@bufbuild/protobuf";
import { type Compiled, compiledBelow } from "@sluice/extension-api";
import {
  refuseUnsupportedFields,
  type SupportedFields,
} from "../config-message/refuse-unsupported-fields.ts";

/** As it comes out of its Any. */
interface ExtensionMessage {
  readonly schema: DescMessage;
  readonly message: Message;
}

/**
 * What an extension makes of its configuration, which stands at `path`: refused where a field is set that the extension has no use for;
 * what `compile` finds wrong is told by its path from there on.
 */
export function compileExtension<T>(
  { schema, message }: ExtensionMessage,
  manifest: { readonly supportedFields: SupportedFields },
  path: string,
  compile: (message: Message) => Compiled<T>,
): Compiled<T> {
  const unsupported = refuseUnsupportedFields(schema, message, manifest.supportedFields, path);
  if (unsupported.length > 0) return { ok: false, problems: unsupported };
  return compiledBelow(path, compile(message));
}
