export { peerContextValues, type XdsServer, type XdsServerOptions, xdsRoutes } from "./xds-routes.ts";
