import type { Counter, Runtime, StatsScope } from "@sluice/extension-api";
import type { SharedCount, SharedSlots } from "../worker/shared-slots.ts";

const GLOBAL_KEY = "overload.global_downstream_max_connections";
const NO_LIMIT = 2 ** 53 - 1;

/** How many connections a listener, and all listeners together, may have: runtime keys, asked at each connection. */
export class ConnectionLimits {
  private readonly runtime: Runtime;
  private readonly key: string;
  private readonly own: SharedCount;
  /** Undefined: `ignore_global_conn_limit`. */
  private readonly global: SharedCount | undefined;
  private readonly overflow: Counter;
  private readonly globalOverflow: Counter;

  constructor(
    listenerName: string,
    ignoresGlobal: boolean,
    use: { readonly runtime: Runtime; readonly shared: SharedSlots; readonly stats: StatsScope },
  ) {
    this.runtime = use.runtime;
    this.key = `envoy.resource_limits.listener.${listenerName}.connection_limit`;
    this.own = use.shared.count(`listener ${listenerName}`);
    this.global = ignoresGlobal ? undefined : use.shared.count("downstream connections");
    this.overflow = use.stats.counter("downstream_cx_overflow");
    this.globalOverflow = use.stats.counter("downstream_global_cx_overflow");
  }

  /** False (and counted): one too many. */
  tryAcquire(): boolean {
    if (!this.own.tryAcquire(this.runtime.integer(this.key, NO_LIMIT))) {
      this.overflow.inc();
      return false;
    }
    if (this.global?.tryAcquire(this.runtime.integer(GLOBAL_KEY, NO_LIMIT)) === false) {
      this.own.release();
      this.globalOverflow.inc();
      return false;
    }
    return true;
  }

  release(): void {
    this.own.release();
    this.global?.release();
  }
}
