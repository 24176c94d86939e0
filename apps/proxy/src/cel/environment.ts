import { type CelEnv, celEnv } from "@bufbuild/cel";
import { createRegistry, type Registry } from "@bufbuild/protobuf";
import {
  file_google_protobuf_any,
  file_google_protobuf_duration,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
  file_google_protobuf_wrappers,
} from "@bufbuild/protobuf/wkt";
import { file_envoy_config_core_v3_base } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import type { CelOptions } from "./expression.ts";
import { BASE_FUNCTIONS, NO_CONCAT, STRING_FUNCTIONS } from "./functions.ts";

/** What expressions of one configuration may use. */
export interface CelEnvironment {
  readonly env: CelEnv;
  /** Whether there is a function of that name, called so (`a.name(b)`: a method), with that many arguments. */
  hasFunction(name: string, method: boolean, argumentCount: number): boolean;
}

/** The messages that attributes are made of, and may be written in expressions. */
export const MESSAGES: Registry = createRegistry(
  file_envoy_config_core_v3_base,
  file_google_protobuf_any,
  file_google_protobuf_duration,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
  file_google_protobuf_wrappers,
);

/** Not functions of the library's table but part of its evaluation. */
const BUILT_IN = ["_&&_/2", "_||_/2", "_?_:_/3", "_[_]/2"];

const environments = new Map<string, CelEnvironment>();

/** One for each combination of options, made when first asked for. */
export function environmentFor({
  enableStringConversion = false,
  enableStringConcat = false,
  enableStringFunctions = false,
}: CelOptions): CelEnvironment {
  const key = [enableStringConversion, enableStringConcat, enableStringFunctions].join();
  let found = environments.get(key);
  if (found === undefined) {
    const env = celEnv({
      registry: MESSAGES,
      funcs: [
        ...BASE_FUNCTIONS,
        ...(enableStringConcat ? [] : NO_CONCAT),
        ...(enableStringFunctions ? STRING_FUNCTIONS : []),
      ],
    });
    const functions = new Set(BUILT_IN);
    for (const { name, target, arguments: parameters } of env.funcs) {
      if (name === "string" && !enableStringConversion) continue;
      functions.add(`${target === undefined ? "" : "."}${name}/${parameters.length}`);
    }
    found = {
      env,
      hasFunction: (name, method, argumentCount) =>
        functions.has(`${method ? "." : ""}${name}/${argumentCount}`),
    };
    environments.set(key, found);
  }
  return found;
}
