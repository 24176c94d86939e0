/** Why fields are refused, by their message and name. */
export type RefusalReasons = Readonly<Record<string, Readonly<Record<string, string>>>>;

export const ENVOY_NEITHER = "Envoy has not built it either";
export const NO_XDSTP = "resources are known by plain names, not by xdstp:// ones";
export const GRPC_ONLY = "of gRPC's own clients; Envoy parses it and does nothing about it";
export const STREAMS_REOPEN =
  "the proxy's own streams are opened again, with back-off, for as long as it takes";
/** AUTO, the default, means V3 by now. */
export const NO_V2 = "must be V3 or AUTO: V2 is not a version of the transport any more";
