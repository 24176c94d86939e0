import { DescriptorChannel } from "./descriptor-channel.ts";
import type { DescriptorCommand } from "./descriptor-command.ts";
import type { Handle } from "./node-handles.ts";
import { openDescriptorPairs } from "./open-descriptor-pairs.ts";
import { MAIN_THREAD } from "./worker-descriptors.ts";

interface DescriptorWorkers {
  readonly concurrency: number;
  send(workerIndex: number, command: DescriptorCommand): Promise<unknown>;
}

/**
 * The main thread's part of passing descriptors: connects every worker with itself and with every other one, once somebody wants that,
 * and anew when a worker was started again.
 */
export class MainDescriptors {
  readonly #workers: DescriptorWorkers;
  readonly #channels = new Map<number, DescriptorChannel>();
  #opened: Promise<void> | undefined;

  constructor(workers: DescriptorWorkers) {
    this.#workers = workers;
  }

  /** Resolves when every worker can be sent descriptors. */
  open(): Promise<void> {
    this.#opened ??= this.#connectAll().catch((error: unknown) => {
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }

  /** A worker was started again, and nothing is known to it yet. */
  async onWorkerStart(workerIndex: number): Promise<void> {
    if (this.#opened === undefined) return;
    await this.#opened;
    const others = Array.from({ length: this.#workers.concurrency }, (_, index) => index);
    await this.#connect(others.filter((index) => index !== workerIndex).map((index) => [workerIndex, index]));
    await this.#connect([[workerIndex, MAIN_THREAD]]);
  }

  /** `handle` stays the caller's. A worker that is gone is told when it is back. */
  send(workerIndex: number, name: string, handle: Handle): Promise<void> {
    return new Promise((resolve) => {
      const channel = this.#channels.get(workerIndex);
      if (channel === undefined) resolve();
      else channel.send(name, handle, () => resolve());
    });
  }

  async #connectAll(): Promise<void> {
    const pairs: [number, number][] = [];
    for (let worker = 0; worker < this.#workers.concurrency; worker++) {
      for (let peer = MAIN_THREAD; peer < worker; peer++) pairs.push([worker, peer]);
    }
    await this.#connect(pairs);
  }

  async #connect(peers: readonly (readonly [worker: number, peer: number])[]): Promise<void> {
    const opened = await openDescriptorPairs(peers.length);
    await Promise.all(
      opened.flatMap(([own, other], index) => {
        const [worker, peer] = peers[index] ?? [MAIN_THREAD, MAIN_THREAD];
        return [this.#tell(worker, peer, own), this.#tell(peer, worker, other)];
      }),
    );
  }

  #tell(whom: number, peer: number, fd: number): Promise<unknown> {
    if (whom !== MAIN_THREAD) return this.#workers.send(whom, { type: "descriptor-channel", peer, fd });
    this.#channels.get(peer)?.close();
    this.#channels.set(peer, new DescriptorChannel(fd, { onDescriptor: (_text, handle) => handle.close() }));
    return Promise.resolve();
  }
}
