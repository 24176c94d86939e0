import type {
  ConnectionDrain,
  FactoryContext,
  NetworkFilterFactory,
  ReadFilter,
  ReadFilterCallbacks,
  StatsScope,
} from "@sluice/extension-api";
import type { SocketConnection } from "../connection/socket-connection.ts";
import type { ExtensionPlace } from "../worker/subscribe-extension.ts";
import type { WorkerContext } from "../worker/worker-context.ts";

/** What network filter factories of this proxy get. */
export interface NetworkFactoryContext extends FactoryContext {
  readonly worker: WorkerContext;
  readonly listenerName: string;
  /** `listener.<address>.`. */
  readonly listenerStats: StatsScope;
  readonly bufferLimitBytes: number;
  /** `traffic_direction: OUTBOUND`. */
  readonly outbound: boolean;
  /** Called when the listener is thrown away; subscriptions end here. */
  onClose(release: () => void): void;
}

/** The context for one configuration of a filter that may get others. */
export function contextAt(
  { worker, scopeAt, onClose }: ExtensionPlace,
  context: NetworkFactoryContext,
): NetworkFactoryContext {
  const listenerStats = scopeAt(context.listenerStats.prefix);
  return { ...context, worker, stats: worker.stats, listenerStats, onClose };
}

/** A terminal filter that takes whole connections, and can be asked to let them go. */
export interface ConnectionFilter extends ReadFilter {
  drain?(drain: ConnectionDrain): void;
}

/** Network filters of this proxy are compiled with its own context. */
export function asNetworkContext(context: FactoryContext): NetworkFactoryContext {
  return context as NetworkFactoryContext;
}

/**
 * A factory whose filter takes the connection itself, at construction. One that stands alone in its chain reads the
 * connection directly, without the filter manager between.
 */
export interface ConnectionFilterFactory extends NetworkFilterFactory {
  createFor(config: unknown, connection: SocketConnection): ConnectionFilter;
}

export function hasCreateFor(factory: NetworkFilterFactory): factory is ConnectionFilterFactory {
  return "createFor" in factory;
}

/** What a network filter of this proxy is on is always a socket's connection. */
export function socketConnectionOf(callbacks: ReadFilterCallbacks): SocketConnection {
  return callbacks.connection as SocketConnection;
}

/** A network filter of a chain, compiled. */
export interface NetworkFilterEntry {
  readonly factory: NetworkFilterFactory;
  readonly config: unknown;
}
