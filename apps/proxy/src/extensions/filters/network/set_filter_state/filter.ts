import {
  type Compiled,
  type NetworkFilterFactory,
  NetworkFilterStatus,
  type Problem,
  type ReadFilter,
  type ReadFilterCallbacks,
} from "@sluice/extension-api";
import type { Config } from "@sluice/xds/gen/envoy/extensions/filters/network/set_filter_state/v3/set_filter_state_pb.js";
import { filterStateOf } from "../../../../filter-state/filter-state.ts";
import {
  compileStateValues,
  type StateValues,
  setStateValues,
} from "../../../../set-filter-state/compile-state-values.ts";

interface SetFilterStateConfig {
  readonly onNewConnection: StateValues;
  readonly onData: StateValues;
}

class SetFilterStateFilter implements ReadFilter {
  private readonly config: SetFilterStateConfig;
  private callbacks: ReadFilterCallbacks | undefined = undefined;
  private awaitsData: boolean;

  constructor(config: SetFilterStateConfig) {
    this.config = config;
    this.awaitsData = config.onData.length > 0;
  }

  initializeReadFilterCallbacks(callbacks: ReadFilterCallbacks): void {
    this.callbacks = callbacks;
  }

  onNewConnection(): NetworkFilterStatus {
    this.set(this.config.onNewConnection);
    return NetworkFilterStatus.Continue;
  }

  onData(): NetworkFilterStatus {
    if (this.awaitsData) {
      this.awaitsData = false;
      this.set(this.config.onData);
    }
    return NetworkFilterStatus.Continue;
  }

  onDestroy(): void {
    this.callbacks = undefined;
  }

  private set(values: StateValues): void {
    const { callbacks } = this;
    if (callbacks === undefined || values.length === 0) return;
    const { connection, streamInfo } = callbacks;
    const context = { request: undefined, response: undefined, responseTrailers: undefined };
    setStateValues(values, filterStateOf(streamInfo), { ...context, streamInfo, connection }, false);
  }
}

function compile(config: Config): Compiled<SetFilterStateConfig> {
  const problems: Problem[] = [];
  const take = (list: Config["onNewConnection"], path: string): StateValues => {
    const compiled = compileStateValues(list, path);
    if (compiled.ok) return compiled.value;
    problems.push(...compiled.problems);
    return [];
  };
  const value = {
    // A client's handshake is over before its connection has network filters.
    onNewConnection: [
      ...take(config.onNewConnection, "on_new_connection"),
      ...take(config.onDownstreamTlsHandshake, "on_downstream_tls_handshake"),
    ],
    onData: take(config.onDownstreamData, "on_downstream_data"),
  };
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: Object.freeze(value) };
}

export const setFilterStateFactory: NetworkFilterFactory<SetFilterStateConfig> = {
  terminal: false,
  compile: (message) => compile(asConfig(message)),
  create: (config) => new SetFilterStateFilter(config),
};

/** The registry hands a factory only messages of its `configTypes`. */
function asConfig(message: unknown): Config {
  return message as Config;
}
