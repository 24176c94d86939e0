import { type Context, RESOURCE_KINDS } from "../contract.ts";
import {
  type ConnectedNode,
  recordAck,
  recordConnected,
  recordDisconnected,
  recordEffective,
  recordNack,
  recordSent,
} from "../node/record-node-events.ts";
import { effectiveLabels, targetOf } from "../rollout/node-target.ts";
import { readTargets } from "../rollout/read-targets.ts";

interface SimulatedNode {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
  replica: string;
  /** Undefined while it is not connected. */
  connection: string | undefined;
  /** What it runs; stays through disconnects. */
  running: number | undefined;
}

/**
 * Nodes that do what control plane and proxies do together: each is told what its labels and group say, refuses the versions in
 * `poison`, and runs the others. One call of `converge` is one round of that.
 */
export class SimulatedFleet {
  readonly nodes = new Map<string, SimulatedNode>();
  /** Versions that every node refuses. */
  readonly poison = new Set<number>();
  #connections = 0;

  add(id: string, labels: Readonly<Record<string, string>>): void {
    this.nodes.set(id, { id, labels, replica: "", connection: undefined, running: undefined });
  }

  async connect(context: Context, id: string, replica: string): Promise<void> {
    const node = this.#node(id);
    node.replica = replica;
    node.connection = `${replica}/${++this.#connections}`;
    await recordConnected(context, [this.#describe(node)]);
  }

  async disconnect(context: Context, id: string): Promise<void> {
    const node = this.#node(id);
    if (node.connection === undefined) return;
    await recordDisconnected(context, [{ id, connection: node.connection }]);
    node.connection = undefined;
  }

  /** The replica was killed: its nodes know, and Postgres is told nothing. */
  dropReplica(replica: string): void {
    for (const node of this.nodes.values()) if (node.replica === replica) node.connection = undefined;
  }

  async converge(context: Context): Promise<void> {
    const targets = await readTargets(context);
    for (const node of this.nodes.values()) {
      if (node.connection === undefined) continue;
      const labels = effectiveLabels(node.labels, targets.operatorLabels.get(node.id));
      const { version } = targetOf(targets, { id: node.id, labels });
      // Told to run nothing, a node runs nothing.
      if (version === undefined) node.running = undefined;
      else await this.#tell(context, node, version);
    }
  }

  async #tell(context: Context, node: SimulatedNode, version: number): Promise<void> {
    const events = RESOURCE_KINDS.map((kind) => ({ id: node.id, kind, version }));
    await recordSent(context, events);
    if (this.poison.has(version)) {
      await recordNack(context, [
        { id: node.id, kind: "clusters", version, message: `version ${version}: no` },
      ]);
      return;
    }
    await recordAck(context, events);
    await recordEffective(context, events);
    node.running = version;
  }

  #node(id: string): SimulatedNode {
    const node = this.nodes.get(id);
    if (node === undefined) throw new Error(`no node ${id}`);
    return node;
  }

  #describe({ id, labels, replica, connection }: SimulatedNode): ConnectedNode {
    return {
      id,
      cluster: "simulated",
      product: "other",
      productVersion: "1",
      labels,
      peer: "127.0.0.1:1",
      extensions: [],
      replica,
      connection: connection ?? "",
    };
  }
}
