import {
  type Compiled,
  FilterDataStatus,
  FilterHeadersStatus,
  FilterTrailersStatus,
  type HttpFilterFactory,
  PassThroughFilter,
} from "@sluice/extension-api";
import type { OnDemandCds as Config } from "@sluice/xds/gen/envoy/extensions/filters/http/on_demand/v3/on_demand_pb.js";
import { streamOf } from "../../../../http-connection-manager/stream-of.ts";
import { asHttpContext } from "../../../../http-filter/filter-chain-config.ts";
import type { WorkerContext } from "../../../../worker/worker-context.ts";
import { compileOnDemandCds, type OnDemandCds } from "../../../../xds/compile-on-demand-cds.ts";

interface OnDemandConfig {
  readonly worker: WorkerContext;
  /** Undefined: clusters are not fetched. */
  readonly clusters: OnDemandCds | undefined;
}

/** Holds a request while its virtual host, the routes of its scope or its cluster are fetched. */
class OnDemandFilter extends PassThroughFilter {
  private readonly config: OnDemandConfig;
  private cancel: (() => void) | undefined = undefined;

  constructor(config: OnDemandConfig) {
    super();
    this.config = config;
  }

  override decodeHeaders(): FilterHeadersStatus {
    const stream = streamOf(this.decoding);
    const route = stream.route();
    this.cancel =
      route === undefined
        ? stream.fetchRoutes(() => this.goOn())
        : this.fetchCluster(route.clusterName ?? "");
    return this.cancel === undefined ? FilterHeadersStatus.Continue : FilterHeadersStatus.StopIteration;
  }

  override decodeData(): FilterDataStatus {
    return this.cancel === undefined ? FilterDataStatus.Continue : FilterDataStatus.StopIterationAndWatermark;
  }

  override decodeTrailers(): FilterTrailersStatus {
    return this.cancel === undefined ? FilterTrailersStatus.Continue : FilterTrailersStatus.StopIteration;
  }

  override onDestroy(): void {
    this.cancel?.();
  }

  private fetchCluster(name: string): (() => void) | undefined {
    const { worker } = this.config;
    const clusters = this.decoding.perRouteConfig<OnDemandConfig>()?.clusters ?? this.config.clusters;
    if (clusters === undefined || name === "" || worker.clusters.has(name)) return undefined;
    return worker.onDemand.request({ kind: "cluster", cluster: name, ...clusters }, () => this.goOn());
  }

  /** Whatever there is has come: the route may be another one now. */
  private goOn(): void {
    this.cancel = undefined;
    this.decoding.clearRouteCache();
    this.decoding.continueDecoding();
  }
}

export const onDemandFactory: HttpFilterFactory<OnDemandConfig, OnDemandConfig> = {
  terminal: false,
  compile: (message, context) => compile(asConfig(message), asHttpContext(context).worker),
  compilePerRoute: (message, context) => compile(asConfig(message), asHttpContext(context).worker),
  create: (config) => new OnDemandFilter(config),
};

function compile(
  { odcds }: { readonly odcds?: Config | undefined },
  worker: WorkerContext,
): Compiled<OnDemandConfig> {
  if (odcds === undefined) return { ok: true, value: Object.freeze({ worker, clusters: undefined }) };
  const clusters = compileOnDemandCds(odcds.source, odcds.timeout, "odcds.source");
  return clusters.ok ? { ok: true, value: Object.freeze({ worker, clusters: clusters.value }) } : clusters;
}

/** The registry hands a factory only messages of its types: both have this field alone. */
function asConfig(message: unknown): { readonly odcds?: Config | undefined } {
  return message as { readonly odcds?: Config | undefined };
}
