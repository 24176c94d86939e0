import {
  ConfigSchema,
  type Config as EnvironmentVariable,
} from "@sluice/xds/gen/envoy/extensions/matching/common_inputs/environment_variable/v3/input_pb.js";
import { fieldPath } from "../problem-list.ts";
import type { MatchInput } from "./matching-data.ts";
import { known, refuse } from "./typed-extension.ts";

/** An environment variable, read once when the matcher is compiled; it may stand wherever an input may. */
export function environmentInput(read: (name: string) => string | undefined) {
  return known<EnvironmentVariable, MatchInput>(ConfigSchema, ({ name }, path) => {
    if (name === "") return refuse(fieldPath(path, "name"), "a name is required");
    const value = read(name);
    return {
      ok: true,
      value: { name: `environment variable ${name}`, get: () => value },
    };
  });
}
