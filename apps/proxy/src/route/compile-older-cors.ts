import { create, type MessageInitShape } from "@bufbuild/protobuf";
import type { Compiled } from "@sluice/extension-api";
import type { CorsPolicy as OlderPolicy } from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import { CorsPolicySchema } from "@sluice/xds/gen/envoy/extensions/filters/http/cors/v3/cors_pb.js";
import { httpFactoryContext } from "../http-filter/http-factory-context.ts";
import type { RouteCompileContext } from "./compile-route-configuration.ts";

/** `cors` of a route or a virtual host, which says what the CORS filter's own message does: compiled by that filter. */
export function compileOlderCors(
  policy: OlderPolicy,
  path: string,
  { worker, stats }: RouteCompileContext,
): Compiled<unknown> {
  const compile = worker.extensions.findByRouteType(CorsPolicySchema.typeName)?.factory.compilePerRoute;
  if (compile === undefined) throw new Error("the CORS filter is built in");
  const compiled = compile(
    create(CorsPolicySchema, asItself(policy)),
    httpFactoryContext(worker, stats, path, holdsNothing),
  );
  if (compiled.ok) return compiled;
  return {
    ok: false,
    problems: compiled.problems.map((problem) => ({ ...problem, path: `${path}.${problem.path}` })),
  };
}

function asItself(policy: OlderPolicy): MessageInitShape<typeof CorsPolicySchema> {
  const { enabledSpecifier, shadowEnabled, allowOriginStringMatch, allowMethods, allowHeaders } = policy;
  const { exposeHeaders, maxAge, allowCredentials } = policy;
  const { allowPrivateNetworkAccess, forwardNotMatchingPreflights } = policy;
  return {
    allowOriginStringMatch,
    allowMethods,
    allowHeaders,
    exposeHeaders,
    maxAge,
    ...(allowCredentials === undefined ? {} : { allowCredentials }),
    ...(enabledSpecifier.case === undefined ? {} : { filterEnabled: enabledSpecifier.value }),
    ...(shadowEnabled === undefined ? {} : { shadowEnabled }),
    ...(allowPrivateNetworkAccess === undefined ? {} : { allowPrivateNetworkAccess }),
    ...(forwardNotMatchingPreflights === undefined ? {} : { forwardNotMatchingPreflights }),
  };
}

function holdsNothing(): never {
  throw new Error("policies of the CORS filter hold nothing");
}
