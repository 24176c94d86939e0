import { createRequire } from "node:module";
import type { ManifestOf } from "../../../../registry/extension-registry.ts";

const require = createRequire(import.meta.url);

const TYPE = "envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation";

export const earlyHeaderMutationManifest: ManifestOf<"envoy.http.early_header_mutation"> = {
  name: "envoy.http.early_header_mutation.header_mutation",
  category: "envoy.http.early_header_mutation",
  configTypes: [TYPE],
  perRouteConfigTypes: [],
  supportedFields: {
    [TYPE]: ["mutations"],
    "envoy.config.common.mutation_rules.v3.HeaderMutation": ["remove", "append", "remove_on_match"],
    "envoy.config.common.mutation_rules.v3.HeaderMutation.RemoveOnMatch": ["key_matcher"],
    "envoy.config.core.v3.HeaderValueOption": ["header", "append", "append_action", "keep_empty_value"],
    "envoy.config.core.v3.HeaderValue": ["key", "value"],
  },
  load: () => (require("./compile.ts") as typeof import("./compile.ts")).earlyHeaderMutationFactory,
};
