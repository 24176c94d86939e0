import { createRequire } from "node:module";
import type { NetworkFilterManifest } from "@sluice/extension-api";

const require = createRequire(import.meta.url);

const CONFIG = "envoy.extensions.filters.network.sni_cluster.v3.SniCluster";

export const sniClusterManifest: NetworkFilterManifest = {
  name: "envoy.filters.network.sni_cluster",
  category: "envoy.filters.network",
  configTypes: [CONFIG],
  perRouteConfigTypes: [],
  supportedFields: { [CONFIG]: [] },
  load: () => (require("./filter.ts") as typeof import("./filter.ts")).sniClusterFactory,
};
