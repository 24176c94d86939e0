export type { ConfigProblem, TextPosition } from "./config-problem.ts";
export { packAny, typeNameOf, typeUrlOf, type UnpackedAny, unpackAny } from "./registry/any.ts";
export { apiRegistry, messageDescriptor, messageTypeNames } from "./registry/api-registry.ts";
export { nearestName } from "./registry/nearest-name.ts";
export type {
  NodeIdentity,
  Snapshot,
  SnapshotResource,
  SnapshotSource,
  SnapshotType,
  XdsServerObserver,
  XdsStreamInfo,
} from "./snapshot-source.ts";
