import type { LoadBalancer } from "../load-balancer/load-balancer.ts";
import type { Host, LoadBalancerContext, ThreadLocalCluster } from "./thread-local-cluster.ts";

export interface CompositeOptions {
  readonly clusters: readonly string[];
  get(name: string): Pick<ThreadLocalCluster, "chooseHost"> | undefined;
}

/**
 * envoy.clusters.composite: the first try of a request goes to the first cluster, the second to the second and so on; where that one
 * has no host, to the next. Behind the last there is none.
 */
export class CompositeLoadBalancer implements LoadBalancer {
  readonly onLoadReport = undefined;
  readonly #options: CompositeOptions;

  constructor(options: CompositeOptions) {
    this.#options = options;
  }

  update(): void {}

  choose(context: LoadBalancerContext): Host | undefined {
    const { clusters, get } = this.#options;
    const attempt = context.streamInfo?.upstreamRequestAttemptCount ?? 1;
    for (let index = Math.max(attempt, 1) - 1; index < clusters.length; index++) {
      const host = get(clusters[index] ?? "")?.chooseHost(context);
      if (host !== undefined) return host;
    }
    return undefined;
  }

  close(): void {}
}
