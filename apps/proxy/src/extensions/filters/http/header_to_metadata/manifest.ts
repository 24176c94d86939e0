import { createRequire } from "node:module";
import type { HttpFilterManifest } from "@sluice/extension-api";

const require = createRequire(import.meta.url);
const PACKAGE = "envoy.extensions.filters.http.header_to_metadata.v3";

export const headerToMetadataManifest: HttpFilterManifest = {
  name: "envoy.filters.http.header_to_metadata",
  category: "envoy.filters.http",
  configTypes: [`${PACKAGE}.Config`],
  perRouteConfigTypes: [`${PACKAGE}.Config`],
  supportedFields: {
    [`${PACKAGE}.Config`]: ["request_rules", "response_rules", "stat_prefix"],
    [`${PACKAGE}.Config.Rule`]: ["header", "cookie", "on_header_present", "on_header_missing", "remove"],
    [`${PACKAGE}.Config.KeyValuePair`]: [
      "metadata_namespace",
      "key",
      "value",
      "regex_value_rewrite",
      "type",
      "encode",
    ],
    "envoy.type.matcher.v3.RegexMatchAndSubstitute": ["pattern", "substitution"],
    "envoy.type.matcher.v3.RegexMatcher": ["regex", "google_re2"],
  },
  load: () => (require("./filter.ts") as typeof import("./filter.ts")).headerToMetadataFactory,
};
