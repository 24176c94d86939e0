import {
  listRouteTests,
  putRouteTest,
  removeRouteTest,
  runRouteTests,
  versionRouteTests,
} from "@sluice/config";
import { z } from "zod";
import { requestInput, sourceInput } from "../explain/request-input.ts";
import { procedure, router } from "../trpc.ts";

const name = z.string().max(1_000);
const expected = z.string().max(8_192).optional();

/** Requests and the way that they must take; a failing one stops a publish. */
export const routeTestRouter = router({
  list: procedure.query(({ ctx }) => listRouteTests(ctx.config)),
  ofVersion: procedure
    .input(z.object({ version: z.number().int().positive() }))
    .query(({ ctx, input }) => versionRouteTests(ctx.config, input.version)),
  put: procedure
    .input(
      requestInput.extend({
        name,
        expect: z.object({
          listener: expected,
          virtualHost: expected,
          route: expected,
          cluster: expected,
          status: z.number().int().min(100).max(599).optional(),
          location: expected,
        }),
      }),
    )
    .mutation(({ ctx, input }) => putRouteTest(ctx.config, input)),
  remove: procedure
    .input(z.object({ name }))
    .mutation(({ ctx, input }) => removeRouteTest(ctx.config, input.name)),
  run: procedure
    .input(
      z.object({
        source: sourceInput,
        tests: z.enum(["draft", "source"]).optional(),
        names: z.array(name).max(2_000).optional(),
      }),
    )
    .query(({ ctx, input }) =>
      runRouteTests(ctx.config, {
        source: input.source,
        names: input.names,
        ...(input.tests === undefined ? {} : { tests: input.tests }),
      }),
    ),
});
