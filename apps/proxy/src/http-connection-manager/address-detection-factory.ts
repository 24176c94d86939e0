import type { Compiled } from "@sluice/extension-api";
import type { AddressDetection } from "./client-address.ts";

/** What an extension of `envoy.http.original_ip_detection` gives. `path`: where its configuration stands, for problems. */
export interface AddressDetectionFactory {
  compile(message: unknown, path: string): Compiled<AddressDetection>;
}

declare module "../registry/extension-registry.ts" {
  interface ExtensionFactories {
    "envoy.http.original_ip_detection": AddressDetectionFactory;
  }
}
