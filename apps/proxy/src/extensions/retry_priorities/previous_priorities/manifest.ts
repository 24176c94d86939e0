import { createRequire } from "node:module";
import type { ManifestOf } from "../../../registry/extension-registry.ts";

const require = createRequire(import.meta.url);
const CONFIG = "envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig";

export const previousPrioritiesManifest: ManifestOf<"envoy.retry_priorities"> = {
  name: "envoy.retry_priorities.previous_priorities",
  category: "envoy.retry_priorities",
  configTypes: [CONFIG],
  perRouteConfigTypes: [],
  supportedFields: { [CONFIG]: ["update_frequency"] },
  load: () => (require("./factory.ts") as typeof import("./factory.ts")).previousPrioritiesFactory,
};
