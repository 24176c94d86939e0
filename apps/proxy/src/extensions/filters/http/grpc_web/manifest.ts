import { createRequire } from "node:module";
import type { HttpFilterManifest } from "@sluice/extension-api";

const require = createRequire(import.meta.url);
const CONFIG = "envoy.extensions.filters.http.grpc_web.v3.GrpcWeb";

export const grpcWebManifest: HttpFilterManifest = {
  name: "envoy.filters.http.grpc_web",
  category: "envoy.filters.http",
  configTypes: [CONFIG],
  perRouteConfigTypes: [],
  supportedFields: { [CONFIG]: [] },
  load: () => (require("./filter.ts") as typeof import("./filter.ts")).grpcWebFactory,
};
