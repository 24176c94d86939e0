import type { PathMatcher } from "@sluice/xds/gen/envoy/type/matcher/v3/path_pb.js";
import type { Compiled } from "./contract.ts";
import { routingPath } from "./path-rule.ts";
import { fieldPath } from "./problem-list.ts";
import { type CompiledStringMatcher, compileStringMatcher } from "./string-matcher.ts";

/** `envoy.type.matcher.v3.PathMatcher`: its `matches` takes a whole request target and leaves query and fragment out. */
export function compilePathMatcher(config: PathMatcher, path: string): Compiled<CompiledStringMatcher> {
  if (config.rule.case !== "path")
    return { ok: false, problems: [{ path, message: "path is required", severity: "error" }] };
  const text = compileStringMatcher(config.rule.value, fieldPath(path, "path"));
  if (!text.ok) return text;
  const { wanted, matches } = text.value;
  return {
    ok: true,
    value: { wanted: `path ${wanted}`, matches: (target) => matches(routingPath(target, false)) },
  };
}
