import { type Compiled, refuse } from "@sluice/extension-api";
import { compileHeaderMatcher } from "@sluice/matching";
import type { HeaderMatcher } from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import type { FormatContext } from "../formatter/format-context.ts";
import { Headers } from "../http/header-map.ts";

/** A condition on a request header, as `header_filter` has it. What has no request has no headers, as in Envoy. */
export function compileHeaderCondition(
  matcher: HeaderMatcher | undefined,
  path: string,
): Compiled<(context: FormatContext) => boolean> {
  if (matcher === undefined) {
    return refuse(path, "must be set");
  }
  const compiled = compileHeaderMatcher(matcher, path);
  if (!compiled.ok) return compiled;
  const condition = compiled.value;
  return {
    ok: true,
    value: ({ request }) => condition.matches(request ?? NO_HEADERS, 0, NOTHING_MORE),
  };
}

const NOTHING_MORE = {};
const NO_HEADERS = new Headers();
