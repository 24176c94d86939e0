import {
  type Counter,
  type ListenerFilter,
  type ListenerFilterCallbacks,
  type ListenerFilterFactory,
  ListenerFilterStatus,
} from "@sluice/extension-api";

export interface CompiledListenerFilter {
  readonly factory: ListenerFilterFactory;
  readonly config: unknown;
}

/** What ECDS has for a listener filter now; undefined: nothing, and there is no default. */
export interface DiscoveredListenerConfig {
  readonly holder: { current: CompiledListenerFilter | undefined };
  /** `listener.<address>.extension_config_missing` */
  readonly missing: Counter;
}

/** Stands for a filter that has no configuration yet: the socket is closed. */
class MissingListenerFilter implements ListenerFilter {
  readonly readBytesMax = 0;
  private readonly missing: Counter;

  constructor(missing: Counter) {
    this.missing = missing;
  }

  onAccept(callbacks: ListenerFilterCallbacks): ListenerFilterStatus {
    this.missing.inc();
    callbacks.close("extension_config_missing");
    return ListenerFilterStatus.StopIteration;
  }

  onData(): ListenerFilterStatus {
    return ListenerFilterStatus.StopIteration;
  }
}

/** Each socket gets the configuration that holds when it is accepted. */
export const DISCOVERED_LISTENER_FILTER: ListenerFilterFactory = {
  compile: () => ({ ok: false, problems: [] }),
  create: (config) => {
    const { holder, missing } = asDiscovered(config);
    const { current } = holder;
    return current === undefined
      ? new MissingListenerFilter(missing)
      : current.factory.create(current.config);
  },
};

/** What `compileListenerFilters` made. */
function asDiscovered(config: unknown): DiscoveredListenerConfig {
  return config as DiscoveredListenerConfig;
}
