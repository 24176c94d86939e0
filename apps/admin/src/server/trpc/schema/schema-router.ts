import { describeType, extensionTypes } from "@sluice/xds/schema";
import { TRPCError } from "@trpc/server";
import { z } from "zod";
import { kindInput, textInput } from "../draft/draft-inputs.ts";
import { procedure, router } from "../trpc.ts";
import { completeYaml, explainYaml } from "./complete-yaml.ts";

const typeName = z.string().max(300);
const place = z.object({ kind: kindInput, yaml: textInput, offset: z.number().int().min(0) });

/** Envoy's API as data: forms, completion and explanations are made from it. */
export const schemaRouter = router({
  describe: procedure.input(z.object({ type: typeName })).query(({ input }) => {
    try {
      return describeType(input.type);
    } catch (error) {
      throw new TRPCError({
        code: "NOT_FOUND",
        message: error instanceof Error ? error.message : `Envoy's API has no ${input.type}`,
        cause: error,
      });
    }
  }),
  /** For the editor; mutations only because texts are long. */
  complete: procedure
    .input(place)
    .mutation(({ input }) => completeYaml(input.kind, input.yaml, input.offset)),
  explain: procedure.input(place).mutation(({ input }) => explainYaml(input.kind, input.yaml, input.offset)),
  /** Filters that may stand in a connection manager, by the names that people know them by. */
  httpFilters: procedure.query(() =>
    extensionTypes("envoy.filters.http")
      .filter(({ role }) => role === "config")
      .map(({ typeName: type }) => ({ name: `envoy.filters.http.${type.split(".").at(-3)}`, type }))
      .sort((a, b) => a.name.localeCompare(b.name)),
  ),
});
