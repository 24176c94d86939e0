import { createRequire } from "node:module";
import type { NetworkFilterManifest } from "@sluice/extension-api";

const require = createRequire(import.meta.url);

const ECHO = "envoy.extensions.filters.network.echo.v3.Echo";

export const echoManifest: NetworkFilterManifest = {
  name: "envoy.filters.network.echo",
  category: "envoy.filters.network",
  configTypes: [ECHO],
  perRouteConfigTypes: [],
  supportedFields: { [ECHO]: [] },
  load: () => (require("./filter.ts") as typeof import("./filter.ts")).echoFactory,
};
