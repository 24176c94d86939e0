import type { Compiled, HeaderMap } from "@sluice/extension-api";
import type { FormatContext } from "../formatter/format-context.ts";

/** Changes the headers of a request that has a host and a path, before anything else looks at them (`envoy.http.early_header_mutation`). */
export interface EarlyHeaderMutation {
  mutate(headers: HeaderMap, context: FormatContext): void;
}

export interface EarlyHeaderMutationFactory {
  /** `path`: where the configuration stands, for problems. */
  compile(message: unknown, path: string): Compiled<EarlyHeaderMutation>;
}

declare module "../registry/extension-registry.ts" {
  interface ExtensionFactories {
    "envoy.http.early_header_mutation": EarlyHeaderMutationFactory;
  }
}
