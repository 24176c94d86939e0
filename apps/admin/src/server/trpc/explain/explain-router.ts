import { explainRequest } from "@sluice/config";
import { procedure, router } from "../trpc.ts";
import { requestInput, sourceInput } from "./request-input.ts";

/** Which way a request would take. */
export const explainRouter = router({
  request: procedure
    .input(requestInput.extend({ source: sourceInput }))
    .query(({ ctx, input }) => explainRequest(ctx.config, input)),
});
