import type { HeaderMutation } from "@sluice/xds/gen/envoy/extensions/http/early_header_mutation/header_mutation/v3/header_mutation_pb.js";
import type { EarlyHeaderMutationFactory } from "../../../../http-connection-manager/early-header-mutation.ts";
import { applyHeaderEdits, compileHeaderEdits } from "../../../../route/header-edits.ts";

export const earlyHeaderMutationFactory: EarlyHeaderMutationFactory = {
  compile: (message, path) => {
    const edits = compileHeaderEdits(asConfig(message).mutations, "request", `${path}.mutations`);
    if (!edits.ok) return edits;
    return {
      ok: true,
      value: { mutate: (headers, context) => applyHeaderEdits(edits.value, headers, context) },
    };
  },
};

/** The registry hands a factory only messages of its `configTypes`. */
function asConfig(message: unknown): HeaderMutation {
  return message as HeaderMutation;
}
