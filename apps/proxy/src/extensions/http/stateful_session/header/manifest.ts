import { createRequire } from "node:module";
import type { ManifestOf } from "../../../../registry/extension-registry.ts";

const require = createRequire(import.meta.url);
const TYPE = "envoy.extensions.http.stateful_session.header.v3.HeaderBasedSessionState";

export const headerSessionManifest: ManifestOf<"envoy.http.stateful_session"> = {
  name: "envoy.http.stateful_session.header",
  category: "envoy.http.stateful_session",
  configTypes: [TYPE],
  perRouteConfigTypes: [],
  supportedFields: { [TYPE]: ["name"] },
  load: () => (require("./compile.ts") as typeof import("./compile.ts")).headerSessionFactory,
};
