import { createRequire } from "node:module";
import type { HttpFilterManifest } from "@sluice/extension-api";

const require = createRequire(import.meta.url);

const PACKAGE = "envoy.extensions.filters.http.header_mutation.v3";

export const headerMutationManifest: HttpFilterManifest = {
  name: "envoy.filters.http.header_mutation",
  category: "envoy.filters.http",
  configTypes: [`${PACKAGE}.HeaderMutation`],
  perRouteConfigTypes: [`${PACKAGE}.HeaderMutationPerRoute`],
  supportedFields: {
    [`${PACKAGE}.HeaderMutation`]: ["mutations", "most_specific_header_mutations_wins"],
    [`${PACKAGE}.HeaderMutationPerRoute`]: ["mutations"],
    [`${PACKAGE}.Mutations`]: ["*"],
    "envoy.config.common.mutation_rules.v3.HeaderMutation": ["remove", "append", "remove_on_match"],
    "envoy.config.common.mutation_rules.v3.HeaderMutation.RemoveOnMatch": ["key_matcher"],
    "envoy.config.core.v3.KeyValueMutation": ["append", "remove"],
    "envoy.config.core.v3.KeyValueAppend": ["record", "action"],
    "envoy.config.core.v3.KeyValuePair": ["key", "value"],
    "envoy.config.core.v3.HeaderValueOption": ["header", "append", "append_action", "keep_empty_value"],
    "envoy.config.core.v3.HeaderValue": ["key", "value"],
  },
  upstream: "also",
  load: () => (require("./filter.ts") as typeof import("./filter.ts")).headerMutationFactory,
};
