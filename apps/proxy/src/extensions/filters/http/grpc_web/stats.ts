import type { Counter, StatsScope } from "@sluice/extension-api";

/** Names that a peer chooses would fill the stats without an end. */
const NAMES_MAX = 10_000;

/** `cluster.<name>.grpc-web.<service>.<method>.`: `success`, `failure`, `total` and one by each status. */
export class GrpcWebStats {
  readonly #root: StatsScope;
  readonly #counters = new Map<string, Counter>();

  constructor(root: StatsScope) {
    this.#root = root;
  }

  /** `cluster`: as its stats are named. `path`: of the request. A call without a status, or not of a method, does not count. */
  count(cluster: string, path: string, status: string | undefined): void {
    if (status === undefined) return;
    const [, service, method] = /^\/*([^/?]+)\/+([^/?]+)\/*(?:\?|$)/.exec(path) ?? [];
    if (service === undefined || method === undefined) return;
    const scope = this.#root.scope("cluster").scope(cluster).scope("grpc-web").scope(service).scope(method);
    for (const name of [status, status === "0" ? "success" : "failure", "total"]) {
      const key = `${cluster} ${service} ${method} ${name}`;
      let counter = this.#counters.get(key);
      if (counter === undefined) {
        if (this.#counters.size >= NAMES_MAX) return;
        counter = scope.counter(name);
        this.#counters.set(key, counter);
      }
      counter.inc();
    }
  }
}
