export { type AnyHttpServer, anyHttpServer } from "./any-http-server.ts";
export { authenticatedNodeKey, requireOwnId } from "./authenticated-node.ts";
export type { Refusal, StreamStatus, TypeStatus } from "./stream-status.ts";
export {
  createXdsServer,
  type XdsServer,
  type XdsServerOptions,
} from "./xds-server.ts";
