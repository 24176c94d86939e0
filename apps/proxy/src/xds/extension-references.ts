import type { Message } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import type { Problem } from "@sluice/extension-api";
import { unpackAny } from "@sluice/xds";
import type { ExtensionConfigSource } from "@sluice/xds/gen/envoy/config/core/v3/config_source_pb.js";
import type { Router } from "@sluice/xds/gen/envoy/extensions/filters/http/router/v3/router_pb.js";
import type { HttpFilter } from "@sluice/xds/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { ADS_SOURCE, checkSourceAt } from "./config-source.ts";
import type { ExtensionKind, ExtensionReference } from "./extension-reference.ts";

/** What may be a router, without looking into it. */
const MAY_BE_ROUTER = /\.(Router|TypedStruct)$/;
const ROUTER = "envoy.extensions.filters.http.router.v3.Router";

/** The filters of some resource whose configuration is discovered, and what is wrong with where they are to come from. */
export class ExtensionReferences {
  readonly found: ExtensionReference[] = [];
  readonly problems: Problem[] = [];

  /** `path`: of the filter. */
  add(kind: ExtensionKind, name: string, config: ExtensionConfigSource, isLast: boolean, path: string): void {
    this.problems.push(...checkSourceAt(config.configSource, `${path}.config_discovery.config_source`));
    this.found.push({ kind, name, source: config.configSource ?? ADS_SOURCE, config, isLast });
    if (kind === "http" && config.defaultConfig !== undefined)
      this.addHttpConfig(config.defaultConfig, `${path}.config_discovery.default_config`);
  }

  addHttpFilters(
    filters: readonly HttpFilter[],
    kind: Extract<ExtensionKind, "http" | "upstream_http">,
    path: string,
  ): void {
    for (const [index, { name, configType }] of filters.entries()) {
      const at = `${path}[${index}]`;
      if (configType.case === "configDiscovery")
        this.add(kind, name, configType.value, index === filters.length - 1, at);
      if (configType.case === "typedConfig") this.addHttpConfig(configType.value, `${at}.typed_config`);
    }
  }

  /** An HTTP filter's configuration: a router has filters of its own, before upstreams. */
  addHttpConfig(any: Any, path: string): void {
    if (!MAY_BE_ROUTER.test(any.typeUrl)) return;
    const unpacked = unpackAny(any);
    if (!unpacked.ok || unpacked.typeName !== ROUTER) return;
    const { upstreamHttpFilters } = asRouter(unpacked.message);
    this.addHttpFilters(upstreamHttpFilters, "upstream_http", `${path}.upstream_http_filters`);
  }
}

/** The caller has checked the type's name. */
function asRouter(message: Message): Router {
  return message as Router;
}
