import type { inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "../trpc/app-router.ts";

/** What each procedure answers: `answer-schemas.json` is made from it. */
export type Answers = inferRouterOutputs<AppRouter>;
