import {
  type Compiled,
  type Counter,
  NetworkFilterStatus,
  type ReadFilter,
  type ReadFilterCallbacks,
} from "@sluice/extension-api";
import type { NetworkFilterEntry } from "./network-factory-context.ts";

/** What ECDS has for a network filter now; undefined: nothing, and there is no default. */
export interface DiscoveredNetworkConfig {
  readonly holder: { current: NetworkFilterEntry | undefined };
  /** `listener.<address>.network_extension_config_missing` */
  readonly missing: Counter;
}

/** Stands for a filter that has no configuration yet: the connection ends. */
class MissingNetworkFilter implements ReadFilter {
  private readonly missing: Counter;
  private callbacks: ReadFilterCallbacks | undefined = undefined;

  constructor(missing: Counter) {
    this.missing = missing;
  }

  initializeReadFilterCallbacks(callbacks: ReadFilterCallbacks): void {
    this.callbacks = callbacks;
  }

  onNewConnection(): NetworkFilterStatus {
    this.missing.inc();
    this.callbacks?.connection.close("noFlush", "filter_chain_config_missing");
    return NetworkFilterStatus.StopIteration;
  }

  onData(): NetworkFilterStatus {
    return NetworkFilterStatus.StopIteration;
  }

  onDestroy(): void {}
}

class DiscoveredNetworkFactory {
  readonly terminal: boolean;

  constructor(terminal: boolean) {
    this.terminal = terminal;
  }

  compile(): Compiled<unknown> {
    return { ok: false, problems: [] };
  }

  create(config: unknown): ReadFilter {
    return new MissingNetworkFilter(asDiscovered(config).missing);
  }
}

/** The factory of a filter whose configuration is discovered: `discoveredEntry` has the filter itself. */
export function discoveredNetworkFactory(terminal: boolean): NetworkFilterEntry["factory"] {
  return new DiscoveredNetworkFactory(terminal);
}

/** What a connection that begins now gets: the entry itself, or what its name stands for. */
export function discoveredEntry(entry: NetworkFilterEntry): NetworkFilterEntry {
  if (!(entry.factory instanceof DiscoveredNetworkFactory)) return entry;
  return asDiscovered(entry.config).holder.current ?? entry;
}

/** What `compileNetworkFilters` made. */
function asDiscovered(config: unknown): DiscoveredNetworkConfig {
  return config as DiscoveredNetworkConfig;
}
