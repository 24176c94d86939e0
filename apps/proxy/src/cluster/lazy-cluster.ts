import type { DropReply } from "../load-balancer/drop-reply.ts";
import type { AssignmentPolicy, HostSet } from "../load-balancer/host-set.ts";
import type { HostSpec } from "./cluster-config.ts";
import type { ClusterInfo, Host, LoadBalancerContext, ThreadLocalCluster } from "./thread-local-cluster.ts";
import type { WorkerCluster } from "./worker-cluster.ts";

/**
 * A cluster that a worker knows of but has not used yet: its stats, hosts and balancer are made when something first asks for
 * them, so that thousands of clusters cost a worker only what it uses.
 */
export class LazyCluster implements ThreadLocalCluster {
  readonly #create: () => WorkerCluster;
  #made: WorkerCluster | undefined = undefined;
  #specs: readonly HostSpec[];
  #policy: AssignmentPolicy;
  #local: HostSet | undefined;

  constructor(
    create: () => WorkerCluster,
    specs: readonly HostSpec[],
    policy: AssignmentPolicy,
    local: HostSet | undefined,
  ) {
    this.#create = create;
    this.#specs = specs;
    this.#policy = policy;
    this.#local = local;
  }

  get info(): ClusterInfo {
    return this.#cluster().info;
  }
  get hostCount(): number {
    return this.#specs.length;
  }
  get hostSets(): readonly HostSet[] {
    return this.#cluster().hostSets;
  }

  chooseHost(context: LoadBalancerContext): Host | undefined {
    return this.#cluster().chooseHost(context);
  }
  dropOverload(): DropReply | undefined {
    return this.#cluster().dropOverload();
  }

  setHosts(specs: readonly HostSpec[], policy: AssignmentPolicy, local: HostSet | undefined): void {
    this.#specs = specs;
    this.#policy = policy;
    this.#local = local;
    this.#made?.setHosts(specs, policy, local);
  }

  setLocal(local: HostSet | undefined): void {
    this.#local = local;
    this.#made?.setLocal(local);
  }

  /** Makes it although nothing has asked for it. */
  make(): void {
    this.#cluster();
  }

  close(): void {
    this.#made?.close();
  }

  #cluster(): WorkerCluster {
    if (this.#made === undefined) {
      const made = this.#create();
      this.#made = made;
      made.setHosts(this.#specs, this.#policy, this.#local);
    }
    return this.#made;
  }
}
