import type { Socket } from "node:net";
import type { WorkerDescriptors } from "../descriptor/worker-descriptors.ts";
import type { ActiveListenerConfig } from "../filter-chain/active-listener-config.ts";
import { ConnectionBalance } from "./connection-balance.ts";
import type { ListenerSpec } from "./listener-spec.ts";
import { handleOf } from "./listening-handle.ts";

/** A worker that others may give connections to, and the way to them. */
export interface BalancingWorker {
  readonly workerIndex: number;
  readonly concurrency: number;
  readonly descriptors: Pick<WorkerDescriptors, "send">;
}

/**
 * One configuration of one listener in one worker: the one that takes connections, or an older one that drains. With `exact_balance`
 * a connection goes to whichever worker has the fewest, before anything of it was read; when that worker cannot be had it stays.
 */
export class WorkerListener {
  readonly spec: ListenerSpec;
  readonly config: ActiveListenerConfig;
  readonly balance: ConnectionBalance | undefined;
  readonly #worker: BalancingWorker;

  constructor(spec: ListenerSpec, config: ActiveListenerConfig, worker: BalancingWorker) {
    const { workerIndex, concurrency } = worker;
    this.spec = spec;
    this.config = config;
    this.balance =
      spec.balance === undefined ? undefined : new ConnectionBalance(spec.balance, workerIndex, concurrency);
    this.#worker = worker;
  }

  /** What takes the connections of an address, by its place in the specification. */
  acceptor(address: number): (socket: Socket) => void {
    const { balance } = this;
    if (balance === undefined) return (socket) => this.config.onAccept(socket);
    return (socket) => this.#accept(socket, address, balance);
  }

  /** A connection that another worker has accepted and counted for this one. */
  take(socket: Socket, address: number): void {
    const { balance } = this;
    if (balance !== undefined) socket.once("close", () => balance.release(address));
    this.config.onAccept(socket);
  }

  #accept(socket: Socket, address: number, balance: ConnectionBalance): void {
    const { workerIndex, descriptors } = this.#worker;
    const target = balance.pick(address);
    const handle = target === workerIndex ? undefined : handleOf(socket);
    if (handle === undefined) {
      if (target !== workerIndex) balance.takeBack(address, target);
      this.take(socket, address);
      return;
    }
    descriptors.send(target, printHandOver(this.spec, address), handle, (sent) => {
      if (sent) {
        // Only this thread's descriptor.
        socket.destroy();
        return;
      }
      balance.takeBack(address, target);
      this.take(socket, address);
    });
  }
}

/** Which listener a connection is for. */
export interface HandOver {
  readonly listenerId: number;
  readonly address: number;
  readonly name: string;
}

function printHandOver({ id, name }: ListenerSpec, address: number): string {
  return `${id} ${address} ${name}`;
}

export function readHandOver(text: string): HandOver {
  const [id = "", address = "", ...name] = text.split(" ");
  return { listenerId: Number(id), address: Number(address), name: name.join(" ") };
}
