import type { Any } from "@bufbuild/protobuf/wkt";
import type { Compiled, Problem } from "@sluice/extension-api";
import { unpackAny } from "@sluice/xds/any";
import type { FilterConfig } from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import type { PerFilterConfigs, PerRouteFilterConfig } from "../http-filter/filter-chain-config.ts";
import { httpFactoryContext } from "../http-filter/http-factory-context.ts";
import { refuseUnsupportedFields } from "../server/refuse-unsupported-fields.ts";
import type { RouteCompileContext } from "./compile-route-configuration.ts";

const FILTER_CONFIG = "envoy.config.route.v3.FilterConfig";

/** `typed_per_filter_config` of one level; `undefined` when it is empty. */
export function compilePerFilterConfigs(
  configs: Readonly<Record<string, Any>>,
  path: string,
  context: RouteCompileContext,
): Compiled<PerFilterConfigs | undefined> {
  const problems: Problem[] = [];
  const compiled = new Map<string, PerRouteFilterConfig>();
  for (const [name, any] of Object.entries(configs)) {
    const at = `${path === "" ? "" : `${path}.`}typed_per_filter_config[${JSON.stringify(name)}]`;
    const one = compileOne(any, at, context);
    if (one.ok) compiled.set(name, one.value);
    else problems.push(...one.problems);
  }
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, value: compiled.size === 0 ? undefined : compiled };
}

function compileOne(any: Any, path: string, context: RouteCompileContext): Compiled<PerRouteFilterConfig> {
  const unpacked = unpackAny(any);
  if (!unpacked.ok) return refuse(path, unpacked.message);
  if (unpacked.typeName === FILTER_CONFIG) {
    const { config, disabled } = asFilterConfig(unpacked.message);
    if (config === undefined) return { ok: true, value: { config: undefined, disabled } };
    const inner = compileOne(config, `${path}.config`, context);
    return inner.ok ? { ok: true, value: { config: inner.value.config, disabled } } : inner;
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
  const result = compile(unpacked.message, httpFactoryContext(context.worker, context.stats));
  if (!result.ok) {
    return {
      ok: false,
      problems: result.problems.map((p) => ({ ...p, path: p.path === "" ? path : `${path}.${p.path}` })),
    };
  }
  return { ok: true, value: { config: result.value, disabled: undefined } };
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
