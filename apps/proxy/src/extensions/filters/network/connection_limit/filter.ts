import {
  type Counter,
  type Gauge,
  type NetworkFilterFactory,
  NetworkFilterStatus,
  type ReadFilter,
  type ReadFilterCallbacks,
  refuse,
  type Timer,
} from "@sluice/extension-api";
import type { ConnectionLimit } from "@sluice/xds/gen/envoy/extensions/filters/network/connection_limit/v3/connection_limit_pb.js";
import { durationMs } from "../../../../config-message/duration-ms.ts";
import { asNetworkContext } from "../../../../network-filter/network-factory-context.ts";
import { compileFeatureFlag } from "../../../../runtime/feature-flag.ts";
import type { SharedCount } from "../../../../worker/shared-slots.ts";

interface ConnectionLimitConfig {
  readonly max: number;
  /** 0: at once. */
  readonly delayMs: number;
  readonly enabled: () => boolean;
  /** Over all workers. */
  readonly count: SharedCount;
  readonly limited: Counter;
  readonly active: Gauge;
}

class ConnectionLimitFilter implements ReadFilter {
  private readonly config: ConnectionLimitConfig;
  private callbacks: ReadFilterCallbacks | undefined = undefined;
  private counted = false;
  private refused = false;
  private timer: Timer | undefined = undefined;

  constructor(config: ConnectionLimitConfig) {
    this.config = config;
  }

  initializeReadFilterCallbacks(callbacks: ReadFilterCallbacks): void {
    this.callbacks = callbacks;
  }

  onNewConnection(): NetworkFilterStatus {
    const { config, callbacks } = this;
    if (callbacks === undefined || !config.enabled()) return NetworkFilterStatus.Continue;
    config.active.add(1);
    if (config.count.tryAcquire(config.max)) {
      this.counted = true;
      return NetworkFilterStatus.Continue;
    }
    config.limited.inc();
    this.refused = true;
    const { connection } = callbacks;
    if (config.delayMs === 0) connection.close("noFlush", "over_connection_limit");
    else {
      this.timer = callbacks.timers.create(() => connection.close("noFlush", "over_connection_limit"));
      this.timer.arm(config.delayMs);
    }
    return NetworkFilterStatus.StopIteration;
  }

  onData(): NetworkFilterStatus {
    return this.refused ? NetworkFilterStatus.StopIteration : NetworkFilterStatus.Continue;
  }

  onDestroy(): void {
    const { config } = this;
    this.timer?.disarm();
    this.callbacks = undefined;
    if (this.counted) config.count.release();
    if (this.counted || this.refused) config.active.sub(1);
    this.counted = false;
    this.refused = false;
  }
}

export const connectionLimitFactory: NetworkFilterFactory<ConnectionLimitConfig> = {
  terminal: false,
  compile: (message, context) => {
    const config = asConfig(message);
    const { worker } = asNetworkContext(context);
    if (config.maxConnections === undefined) {
      const message = "Field 'max_connections' is missing";
      return refuse("max_connections", message);
    }
    const scope = context.stats.scope("connection_limit").scope(config.statPrefix);
    return {
      ok: true,
      value: {
        max: Number(config.maxConnections),
        delayMs: durationMs(config.delay, 0),
        enabled: compileFeatureFlag(config.runtimeEnabled, context.runtime),
        count: worker.shared.count(`connection_limit.${config.statPrefix}`),
        limited: scope.counter("limited_connections"),
        active: scope.gauge("active_connections"),
      },
    };
  },
  create: (config) => new ConnectionLimitFilter(config),
};

/** The registry hands a factory only messages of its `configTypes`. */
function asConfig(message: unknown): ConnectionLimit {
  return message as ConnectionLimit;
}
