import type { AssignmentPolicy } from "../load-balancer/host-set.ts";
import type { EndpointSpec } from "./compile-endpoints.ts";

/** The cluster whose endpoints are discovered. */
export interface EndpointTaker {
  /** Its hosts are known, or it was decided not to wait longer. */
  initialized(): boolean;
  /** Whether or not any are known: nobody is to wait for them. */
  settle(): void;
  /** All there are. `policy`: default: as before. */
  take(endpoints: readonly EndpointSpec[], policy?: AssignmentPolicy): void;
}
