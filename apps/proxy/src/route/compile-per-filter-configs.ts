import { create } from "@bufbuild/protobuf";
import { type Any, AnySchema } from "@bufbuild/protobuf/wkt";
import type { Compiled, Problem } from "@sluice/extension-api";
import { unpackAny } from "@sluice/xds/any";
import type { FilterConfig } from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import { refuseUnsupportedFields } from "../config-message/refuse-unsupported-fields.ts";
import {
  compileRouteMatcher,
  EXTENSION_WITH_MATCHER_PER_ROUTE,
} from "../http-filter/compile-matched-filter.ts";
import type { PerFilterConfigs, PerRouteFilterConfig } from "../http-filter/filter-chain-config.ts";
import { httpFactoryContext } from "../http-filter/http-factory-context.ts";
import type { RouteCompileContext } from "./compile-route-configuration.ts";

const FILTER_CONFIG = "envoy.config.route.v3.FilterConfig";

/** `typed_per_filter_config` of one level; `undefined` when it is empty. */
export function compilePerFilterConfigs(
  configs: Readonly<Record<string, Any>>,
  path: string,
  context: RouteCompileContext,
  routeConfigName: string,
): Compiled<PerFilterConfigs | undefined> {
  const problems: Problem[] = [];
  const compiled = new Map<string, PerRouteFilterConfig>();
  for (const [name, any] of Object.entries(configs)) {
    const at = `${path === "" ? "" : `${path}.`}typed_per_filter_config[${JSON.stringify(name)}]`;
    const one = compileOne(any, at, context, routeConfigName);
    if (!one.ok) problems.push(...one.problems);
    else if (one.value !== undefined) compiled.set(name, one.value);
  }
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, value: compiled.size === 0 ? undefined : compiled };
}

/** `undefined`: optional, and nobody knows it. */
function compileOne(
  any: Any,
  path: string,
  context: RouteCompileContext,
  routeConfigName: string,
): Compiled<PerRouteFilterConfig | undefined> {
  const unpacked = unpackAny(asPerRoute(any, context));
  if (!unpacked.ok) return refuse(path, unpacked.message);
  if (unpacked.typeName === FILTER_CONFIG) {
    const { config, disabled, isOptional } = asFilterConfig(unpacked.message);
    if (disabled) return { ok: true, value: { config: undefined, disabled, matcher: undefined } };
    if (config === undefined) return refuse(path, "config is required unless disabled is set");
    // An empty Any says no more than that the filter is on.
    if (config.typeUrl === "")
      return { ok: true, value: { config: undefined, disabled, matcher: undefined } };
    if (isOptional && !isKnown(config, context)) return { ok: true, value: undefined };
    const inner = compileOne(config, `${path}.config`, context, routeConfigName);
    if (!inner.ok) return inner;
    return { ok: true, value: { config: inner.value?.config, disabled, matcher: inner.value?.matcher } };
  }
  if (unpacked.typeName === EXTENSION_WITH_MATCHER_PER_ROUTE) {
    const tree = compileRouteMatcher(unpacked.message, path);
    return tree.ok
      ? { ok: true, value: { config: undefined, disabled: undefined, matcher: tree.value } }
      : tree;
  }
  const extension = context.worker.extensions.findByRouteType(unpacked.typeName);
  const compile = extension?.factory.compilePerRoute;
  if (extension === undefined || compile === undefined) {
    return refuse(path, `per-route configuration ${unpacked.typeName} is not implemented`);
  }
  const unsupported = refuseUnsupportedFields(
    unpacked.schema,
    unpacked.message,
    extension.manifest.supportedFields,
    path,
  );
  if (unsupported.length > 0) return { ok: false, problems: unsupported };
  const place = `${context.stats.prefix} ${routeConfigName} ${path}`;
  const result = compile(
    unpacked.message,
    httpFactoryContext(context.worker, context.stats, place, holdsNothing),
  );
  if (!result.ok) {
    return {
      ok: false,
      problems: result.problems.map((p) => ({ ...p, path: p.path === "" ? path : `${path}.${p.path}` })),
    };
  }
  return { ok: true, value: { config: result.value, disabled: undefined, matcher: undefined } };
}

/**
 * As in Envoy: a filter's own type finds the filter, and what is empty is not looked into. So it says what the filter's type for routes
 * says by its defaults.
 */
function asPerRoute(any: Any, { worker }: RouteCompileContext): Any {
  if (any.value.length > 0) return any;
  const own = worker.extensions.find(
    "envoy.filters.http",
    any.typeUrl.slice(any.typeUrl.lastIndexOf("/") + 1),
  );
  const [type] = own?.manifest.perRouteConfigTypes ?? [];
  return type === undefined ? any : create(AnySchema, { typeUrl: `type.googleapis.com/${type}` });
}

function isKnown(any: Any, context: RouteCompileContext): boolean {
  const unpacked = unpackAny(any);
  if (!unpacked.ok) return false;
  if (unpacked.typeName === EXTENSION_WITH_MATCHER_PER_ROUTE) return true;
  const extension = context.worker.extensions.findByRouteType(unpacked.typeName);
  return extension?.factory.compilePerRoute !== undefined;
}

/** Nothing tells a level of a route that it is thrown away. */
function holdsNothing(): never {
  throw new Error("per-route configuration of filters cannot hold what must be released");
}

function refuse(
  path: string,
  message: string,
): { readonly ok: false; readonly problems: readonly Problem[] } {
  return { ok: false, problems: [{ path, message, severity: "error" }] };
}

/** The caller has checked the type name. */
function asFilterConfig(message: unknown): FilterConfig {
  return message as FilterConfig;
}
