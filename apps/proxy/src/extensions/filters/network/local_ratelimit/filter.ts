import {
  type Compiled,
  type Counter,
  type NetworkFilterFactory,
  NetworkFilterStatus,
  type ReadFilter,
  type ReadFilterCallbacks,
  ResponseFlag,
  refuse,
} from "@sluice/extension-api";
import type { LocalRateLimit } from "@sluice/xds/gen/envoy/extensions/filters/network/local_ratelimit/v3/local_rate_limit_pb.js";
import { durationMs } from "../../../../config-message/duration-ms.ts";
import {
  asNetworkContext,
  type NetworkFactoryContext,
} from "../../../../network-filter/network-factory-context.ts";
import { compileFeatureFlag } from "../../../../runtime/feature-flag.ts";
import { SharedTokenBucket } from "../../../../worker/shared-token-bucket.ts";

const FILL_INTERVAL_MS_MIN = 50;

interface LocalRateLimitConfig {
  readonly bucket: SharedTokenBucket;
  readonly enabled: () => boolean;
  readonly limited: Counter;
}

class LocalRateLimitFilter implements ReadFilter {
  private readonly config: LocalRateLimitConfig;
  private callbacks: ReadFilterCallbacks | undefined = undefined;

  constructor(config: LocalRateLimitConfig) {
    this.config = config;
  }

  initializeReadFilterCallbacks(callbacks: ReadFilterCallbacks): void {
    this.callbacks = callbacks;
  }

  onNewConnection(): NetworkFilterStatus {
    const { config } = this;
    if (!config.enabled() || config.bucket.consume()) return NetworkFilterStatus.Continue;
    config.limited.inc();
    this.callbacks?.streamInfo.setResponseFlag(ResponseFlag.UpstreamRetryLimitExceeded);
    this.callbacks?.connection.close("noFlush", "local_ratelimit_close_over_limit");
    return NetworkFilterStatus.StopIteration;
  }

  onData(): NetworkFilterStatus {
    return NetworkFilterStatus.Continue;
  }

  onDestroy(): void {
    this.callbacks = undefined;
  }
}

function compile(config: LocalRateLimit, context: NetworkFactoryContext): Compiled<LocalRateLimitConfig> {
  const { tokenBucket } = config;
  const fillIntervalMs = durationMs(tokenBucket?.fillInterval, 0);
  if (tokenBucket === undefined || fillIntervalMs < FILL_INTERVAL_MS_MIN) {
    const message = "local rate limit token bucket fill timer must be >= 50ms";
    return refuse("token_bucket.fill_interval", message);
  }
  const { maxTokens } = tokenBucket;
  const tokensPerFill = tokenBucket.tokensPerFill ?? 1;
  // Without a key the configuration itself is what the workers have in common.
  const settings = `${maxTokens} ${tokensPerFill} ${fillIntervalMs}`;
  const own = `${context.listenerName} ${config.statPrefix}`;
  const name = `local_ratelimit ${config.shareKey === "" ? own : `key ${config.shareKey}`} ${settings}`;
  const scope = context.stats.scope("local_rate_limit").scope(config.statPrefix);
  return {
    ok: true,
    value: {
      bucket: new SharedTokenBucket(
        { maxTokens, tokensPerFill, fillIntervalMs },
        context.worker.shared.number(name, 1),
        context.clock,
      ),
      enabled: compileFeatureFlag(config.runtimeEnabled, context.runtime),
      limited: scope.counter("rate_limited"),
    },
  };
}

export const localRateLimitFactory: NetworkFilterFactory<LocalRateLimitConfig> = {
  terminal: false,
  compile: (message, context) => compile(asConfig(message), asNetworkContext(context)),
  create: (config) => new LocalRateLimitFilter(config),
};

/** The registry hands a factory only messages of its `configTypes`. */
function asConfig(message: unknown): LocalRateLimit {
  return message as LocalRateLimit;
}
