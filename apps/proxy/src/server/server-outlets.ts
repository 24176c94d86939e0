import type { RuntimeSnapshot } from "../runtime/runtime-snapshot.ts";
import type { Server } from "./server.ts";

interface Running {
  close(): Promise<void> | void;
}

interface RunningAdmin extends Running {
  /** Opens its access log anew. */
  reopen(): void;
}

/**
 * What reaches a running server from outside, or tells of all of it. The server is given them and starts them in their turn, and knows
 * no more of them. `undefined`: the bootstrap has none.
 */
export interface ServerOutlets {
  /** Throws a StartupError for what could not be started. */
  check(server: Server): void;
  startAdmin(server: Server, runtime: RuntimeSnapshot): Promise<RunningAdmin | undefined>;
  startOrders(server: Server): Running | undefined;
  startLoadReports(server: Server): Running | undefined;
}
