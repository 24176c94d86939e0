import { liveRouter } from "./live/live-router.ts";
import { nodeRouter } from "./node/node-router.ts";
import { sessionRouter } from "./session/session-router.ts";
import { telemetryRouter } from "./telemetry/telemetry-router.ts";
import { transferRouter } from "./transfer/transfer-router.ts";
import { router } from "./trpc.ts";

/** Everything that a browser or the CLI may ask. Thin: each procedure parses, calls one verb and returns its answer. */
export const appRouter = router({
  live: liveRouter,
  node: nodeRouter,
  session: sessionRouter,
  telemetry: telemetryRouter,
  transfer: transferRouter,
});

export type AppRouter = typeof appRouter;
