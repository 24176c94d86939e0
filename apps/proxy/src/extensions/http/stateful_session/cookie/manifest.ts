import { createRequire } from "node:module";
import type { ManifestOf } from "../../../../registry/extension-registry.ts";

const require = createRequire(import.meta.url);
const TYPE = "envoy.extensions.http.stateful_session.cookie.v3.CookieBasedSessionState";

export const cookieSessionManifest: ManifestOf<"envoy.http.stateful_session"> = {
  name: "envoy.http.stateful_session.cookie",
  category: "envoy.http.stateful_session",
  configTypes: [TYPE],
  perRouteConfigTypes: [],
  supportedFields: {
    [TYPE]: ["cookie"],
    "envoy.type.http.v3.Cookie": ["name", "ttl", "path", "attributes"],
  },
  load: () => (require("./compile.ts") as typeof import("./compile.ts")).cookieSessionFactory,
};
