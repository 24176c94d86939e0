import { createRequire } from "node:module";
import type { ManifestOf } from "../../../registry/extension-registry.ts";

const require = createRequire(import.meta.url);

const TYPE = "envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer";

export const downstreamRawBufferManifest: ManifestOf<"envoy.transport_sockets.downstream"> = {
  name: "envoy.transport_sockets.raw_buffer",
  category: "envoy.transport_sockets.downstream",
  configTypes: [TYPE],
  perRouteConfigTypes: [],
  supportedFields: { [TYPE]: [] },
  load: () => (require("./factory.ts") as typeof import("./factory.ts")).downstreamRawBufferFactory,
};

export const upstreamRawBufferManifest: ManifestOf<"envoy.transport_sockets.upstream"> = {
  name: "envoy.transport_sockets.raw_buffer",
  category: "envoy.transport_sockets.upstream",
  configTypes: [TYPE],
  perRouteConfigTypes: [],
  supportedFields: { [TYPE]: [] },
  load: () => (require("./factory.ts") as typeof import("./factory.ts")).upstreamRawBufferFactory,
};
