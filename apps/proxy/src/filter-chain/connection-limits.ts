import type { Counter, Runtime, StatsScope } from "@sluice/extension-api";
import { LoadShedPoint, type OverloadDecision } from "../overload/overload-state.ts";
import type { SharedCount, SharedSlots } from "../worker/shared-slots.ts";

const GLOBAL_KEY = "overload.global_downstream_max_connections";
const NO_LIMIT = 2 ** 53 - 1;

/**
 * How many connections a listener, and all listeners together, may have: runtime keys, asked at each connection, or the overload
 * manager's limit, which also may have connections rejected whatever their number.
 */
export class ConnectionLimits {
  private readonly runtime: Runtime;
  private readonly key: string;
  private readonly own: SharedCount;
  /** Undefined: `ignore_global_conn_limit`. */
  private readonly global: SharedCount | undefined;
  private readonly overflow: Counter;
  private readonly globalOverflow: Counter;
  private readonly overload: OverloadDecision;
  private readonly overloadReject: Counter;

  constructor(
    listenerName: string,
    ignoresGlobal: boolean,
    use: {
      readonly runtime: Runtime;
      readonly overload: OverloadDecision;
      readonly shared: SharedSlots;
      readonly stats: StatsScope;
    },
  ) {
    this.runtime = use.runtime;
    this.key = `envoy.resource_limits.listener.${listenerName}.connection_limit`;
    this.own = use.shared.count(`listener ${listenerName}`);
    this.global = ignoresGlobal ? undefined : use.shared.count("downstream connections");
    this.overflow = use.stats.counter("downstream_cx_overflow");
    this.overload = use.overload;
    this.overloadReject = use.stats.counter("downstream_cx_overload_reject");
    this.globalOverflow = use.stats.counter("downstream_global_cx_overflow");
  }

  /** False (and counted): one too many. */
  tryAcquire(): boolean {
    if (!this.own.tryAcquire(this.runtime.integer(this.key, NO_LIMIT))) {
      this.overflow.inc();
      return false;
    }
    const max = this.overload.maxConnections ?? this.runtime.integer(GLOBAL_KEY, NO_LIMIT);
    if (this.global?.tryAcquire(max) === false) {
      this.own.release();
      this.globalOverflow.inc();
      return false;
    }
    if (
      this.overload.takes("envoy.overload_actions.reject_incoming_connections") ||
      this.overload.sheds(LoadShedPoint.TcpListenerAccept)
    ) {
      this.release();
      this.overloadReject.inc();
      return false;
    }
    return true;
  }

  release(): void {
    this.own.release();
    this.global?.release();
  }
}
