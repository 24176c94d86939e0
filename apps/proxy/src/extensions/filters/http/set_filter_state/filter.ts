import {
  type Compiled,
  FilterHeadersStatus,
  type HeaderMap,
  type HttpFilterFactory,
  PassThroughFilter,
} from "@sluice/extension-api";
import type { Config } from "@sluice/xds/gen/envoy/extensions/filters/http/set_filter_state/v3/set_filter_state_pb.js";
import { filterStateOf } from "../../../../filter-state/filter-state.ts";
import { formatSources } from "../../../../http-filter/format-sources.ts";
import {
  compileStateValues,
  type StateValues,
  setStateValues,
} from "../../../../set-filter-state/compile-state-values.ts";

interface SetFilterStateConfig {
  readonly values: StateValues;
  /** Read of the filter's own configuration alone, as in Envoy. */
  readonly clearsRoute: boolean;
}

class SetFilterStateFilter extends PassThroughFilter {
  private readonly config: SetFilterStateConfig;

  constructor(config: SetFilterStateConfig) {
    super();
    this.config = config;
  }

  override decodeHeaders(request: HeaderMap): FilterHeadersStatus {
    this.set(this.config.values, request);
    // Every level of the route adds its own, from the least specific to the most.
    for (const { values } of this.decoding.allPerRouteConfigs<SetFilterStateConfig>())
      this.set(values, request);
    if (this.config.clearsRoute) this.decoding.clearRouteCache();
    return FilterHeadersStatus.Continue;
  }

  private set(values: StateValues, request: HeaderMap): void {
    const { decoding } = this;
    const context = { request, response: undefined, responseTrailers: undefined, ...formatSources(decoding) };
    setStateValues(values, filterStateOf(decoding.streamInfo), context, true);
  }
}

function compile({ onRequestHeaders, clearRouteCache }: Config): Compiled<SetFilterStateConfig> {
  const values = compileStateValues(onRequestHeaders, "on_request_headers");
  return values.ok
    ? { ok: true, value: Object.freeze({ values: values.value, clearsRoute: clearRouteCache }) }
    : values;
}

export const httpSetFilterStateFactory: HttpFilterFactory<SetFilterStateConfig, SetFilterStateConfig> = {
  terminal: false,
  compile: (config) => compile(asConfig(config)),
  compilePerRoute: (config) => compile(asConfig(config)),
  create: (config) => new SetFilterStateFilter(config),
};

/** The registry hands a factory only messages of its types. */
function asConfig(message: unknown): Config {
  return message as Config;
}
