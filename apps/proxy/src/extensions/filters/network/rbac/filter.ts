import {
  type Compiled,
  type Counter,
  type NetworkFilterFactory,
  NetworkFilterStatus,
  type Problem,
  type ReadFilter,
  type ReadFilterCallbacks,
  type Timer,
} from "@sluice/extension-api";
import { NETWORK_INPUTS } from "@sluice/matching";
import {
  type RBAC,
  RBAC_EnforcementType,
} from "@sluice/xds/gen/envoy/extensions/filters/network/rbac/v3/rbac_pb.js";
import { durationMs } from "../../../../config-message/duration-ms.ts";
import {
  asNetworkContext,
  type NetworkFactoryContext,
} from "../../../../network-filter/network-factory-context.ts";
import { compileRbacMatcher, compileRbacRules, type RbacEngine } from "../../../../rbac/rbac-engine.ts";
import { RbacInput } from "../../../../rbac/rbac-input.ts";

const METADATA = "envoy.filters.network.rbac";

interface NetworkRbacConfig {
  readonly engine: RbacEngine | undefined;
  readonly shadow: RbacEngine | undefined;
  readonly shadowPrefix: string;
  /** At every byte rather than the first. */
  readonly continuous: boolean;
  readonly delayDenyMs: number;
  readonly allowed: Counter;
  readonly denied: Counter;
  readonly shadowAllowed: Counter;
  readonly shadowDenied: Counter;
}

const UNKNOWN = 0;
const ALLOWED = 1;
const DENIED = 2;

class NetworkRbacFilter implements ReadFilter {
  private readonly config: NetworkRbacConfig;
  private callbacks: ReadFilterCallbacks | undefined = undefined;
  private decided: typeof UNKNOWN | typeof ALLOWED | typeof DENIED = UNKNOWN;
  private shadowed = false;
  private timer: Timer | undefined = undefined;

  constructor(config: NetworkRbacConfig) {
    this.config = config;
  }

  initializeReadFilterCallbacks(callbacks: ReadFilterCallbacks): void {
    this.callbacks = callbacks;
  }

  onNewConnection(): NetworkFilterStatus {
    return NetworkFilterStatus.Continue;
  }

  onData(): NetworkFilterStatus {
    const { config, callbacks } = this;
    if (callbacks === undefined || this.decided === DENIED) return NetworkFilterStatus.StopIteration;
    if (this.decided === ALLOWED && !config.continuous) return NetworkFilterStatus.Continue;
    const input = new RbacInput(callbacks.connection, callbacks.streamInfo);
    if (!this.shadowed || config.continuous) this.runShadow(input, callbacks);
    const decision = config.engine?.decide(input);
    if (decision?.log !== undefined)
      callbacks.streamInfo.setDynamicMetadata("envoy.common", { access_log_hint: decision.log });
    if (decision === undefined || decision.allowed) {
      if (decision !== undefined) config.allowed.inc();
      this.decided = ALLOWED;
      return NetworkFilterStatus.Continue;
    }
    config.denied.inc();
    this.decided = DENIED;
    this.deny(callbacks, decision.policy);
    return NetworkFilterStatus.StopIteration;
  }

  onDestroy(): void {
    this.timer?.disarm();
    this.callbacks = undefined;
  }

  private runShadow(input: RbacInput, { streamInfo }: ReadFilterCallbacks): void {
    const { shadow, shadowPrefix, shadowAllowed, shadowDenied } = this.config;
    this.shadowed = true;
    const decision = shadow?.decide(input);
    if (decision === undefined) return;
    (decision.allowed ? shadowAllowed : shadowDenied).inc();
    streamInfo.setDynamicMetadata(METADATA, {
      ...(decision.policy !== "" && { [`${shadowPrefix}shadow_effective_policy_id`]: decision.policy }),
      [`${shadowPrefix}shadow_engine_result`]: decision.allowed ? "allowed" : "denied",
    });
  }

  private deny({ connection, streamInfo, timers }: ReadFilterCallbacks, policy: string): void {
    const { delayDenyMs } = this.config;
    streamInfo.setConnectionTerminationDetails?.(
      `rbac_access_denied_matched_policy[${policy === "" ? "none" : policy.replace(/\s/g, "_")}]`,
    );
    if (delayDenyMs === 0) {
      connection.close("noFlush", "rbac_deny_close");
      return;
    }
    this.timer = timers.create(() => connection.close("noFlush", "rbac_deny_close"));
    this.timer.arm(delayDenyMs);
  }
}

function compile(config: RBAC, context: NetworkFactoryContext): Compiled<NetworkRbacConfig> {
  const problems: Problem[] = [];
  const take = (compiled: Compiled<RbacEngine> | undefined): RbacEngine | undefined => {
    if (compiled?.ok === false) problems.push(...compiled.problems);
    return compiled?.ok === true ? compiled.value : undefined;
  };
  const engineOf = (rules: RBAC["rules"], matcher: RBAC["matcher"], prefix: string) => {
    if (matcher !== undefined)
      return take(compileRbacMatcher(matcher, `${prefix}matcher`, { inputs: NETWORK_INPUTS }));
    return rules === undefined ? undefined : take(compileRbacRules(rules, `${prefix}rules`));
  };
  const engine = engineOf(config.rules, config.matcher, "");
  const shadow = engineOf(config.shadowRules, config.shadowMatcher, "shadow_");
  if (problems.length > 0) return { ok: false, problems };
  const scope = context.stats.scope(config.statPrefix).scope("rbac");
  const shadowScope = config.shadowRulesStatPrefix === "" ? scope : scope.scope(config.shadowRulesStatPrefix);
  return {
    ok: true,
    value: {
      engine,
      shadow,
      shadowPrefix: config.shadowRulesStatPrefix,
      continuous: config.enforcementType === RBAC_EnforcementType.CONTINUOUS,
      delayDenyMs: durationMs(config.delayDeny, 0),
      allowed: scope.counter("allowed"),
      denied: scope.counter("denied"),
      shadowAllowed: shadowScope.counter("shadow_allowed"),
      shadowDenied: shadowScope.counter("shadow_denied"),
    },
  };
}

export const networkRbacFactory: NetworkFilterFactory<NetworkRbacConfig> = {
  terminal: false,
  compile: (message, context) => compile(asConfig(message), asNetworkContext(context)),
  create: (config) => new NetworkRbacFilter(config),
};

/** The registry hands a factory only messages of its `configTypes`. */
function asConfig(message: unknown): RBAC {
  return message as RBAC;
}
