import type { Host } from "../../../cluster/thread-local-cluster.ts";
import type {
  RetryHostPredicate,
  RetryHostPredicateFactory,
} from "../../../load-balancer/retry-extensions.ts";

/** Refuses the hosts that this request was sent to before. */
class PreviousHosts implements RetryHostPredicate {
  private readonly attempted = new Set<Host>();

  shouldSelectAnotherHost(host: Host): boolean {
    return this.attempted.has(host);
  }
  onHostAttempted(host: Host): void {
    this.attempted.add(host);
  }
}

export const previousHostsFactory: RetryHostPredicateFactory = {
  compile: () => ({ ok: true, value: () => new PreviousHosts() }),
};
