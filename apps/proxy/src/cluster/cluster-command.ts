import type { AssignmentPolicy } from "../load-balancer/host-set.ts";
import type { ClusterConfig, HostSpec } from "./cluster-config.ts";

/** What workers are told of clusters. */
export type ClusterCommand =
  | {
      readonly type: "cluster";
      readonly config: ClusterConfig;
      readonly breakers: SharedArrayBuffer;
      readonly drops: SharedArrayBuffer;
      readonly hosts: readonly HostSpec[];
      readonly policy: AssignmentPolicy;
    }
  | {
      readonly type: "hosts";
      readonly cluster: string;
      readonly hosts: readonly HostSpec[];
      readonly policy: AssignmentPolicy;
    }
  | { readonly type: "remove-cluster"; readonly cluster: string };
