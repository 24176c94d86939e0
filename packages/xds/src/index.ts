export type { ConfigProblem, TextPosition } from "./config-problem.ts";
export type {
  NodeIdentity,
  Snapshot,
  SnapshotResource,
  SnapshotSource,
  SnapshotType,
  XdsServerObserver,
  XdsStreamInfo,
} from "./snapshot-source.ts";
