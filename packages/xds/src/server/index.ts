export { peerKey, type XdsRoutesOptions, xdsRoutes } from "./xds-routes.ts";
