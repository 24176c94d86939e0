import { router } from "../trpc.ts";
import { overviewProcedures } from "./overview.ts";
import { requestProcedures } from "./requests.ts";
import { topologyProcedures } from "./topology.ts";
import { traceProcedures } from "./traces.ts";
import { trafficProcedures } from "./traffic.ts";

/** What the traffic does. Subscriptions read again after each notification of the collector and resume by their cursor. */
export const telemetryRouter = router({
  ...overviewProcedures,
  ...trafficProcedures,
  ...topologyProcedures,
  ...requestProcedures,
  ...traceProcedures,
});
