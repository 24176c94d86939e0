import { createRequire } from "node:module";
import type { ExtensionManifest } from "@sluice/extension-api";
import type { HeaderFormatterFactory } from "../../../../http/h1/header-formatter.ts";

const require = createRequire(import.meta.url);

const CONFIG = "envoy.extensions.http.header_formatters.preserve_case.v3.PreserveCaseFormatterConfig";

export const preserveCaseManifest: ExtensionManifest<
  "envoy.http.stateful_header_formatters",
  HeaderFormatterFactory
> = {
  name: "envoy.http.stateful_header_formatters.preserve_case",
  category: "envoy.http.stateful_header_formatters",
  configTypes: [CONFIG],
  perRouteConfigTypes: [],
  supportedFields: { [CONFIG]: ["forward_reason_phrase", "formatter_type_on_envoy_headers"] },
  load: () => (require("./compile.ts") as typeof import("./compile.ts")).preserveCaseFactory,
};
