import type { HeaderSpelling } from "./header-spelling.ts";

/** What an extension of envoy.http.stateful_header_formatters gives. */
export interface HeaderFormatterFactory {
  /** `config`: the decoded message of one of its `configTypes`. Plain data: it crosses threads. */
  compile(config: unknown): HeaderSpelling;
}

declare module "../../registry/extension-registry.ts" {
  interface ExtensionFactories {
    "envoy.http.stateful_header_formatters": HeaderFormatterFactory;
  }
}
