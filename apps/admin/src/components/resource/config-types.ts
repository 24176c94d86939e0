/** The configuration's words as the browser uses them. */
export type {
  DraftResource,
  FieldDiff,
  FieldEdit,
  ResourceDiff,
  ResourceKind,
  ResourceProblem,
  ResourceRef,
  RolloutStatus,
  Version,
} from "@sluice/config/contract";
export type { ConfigProblem } from "@sluice/xds";
