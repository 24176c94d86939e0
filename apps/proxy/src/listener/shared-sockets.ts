import type { MainDescriptors } from "../descriptor/main-descriptors.ts";
import { type BoundSocket, bindSocket } from "./bind-socket.ts";
import type { ListenerSpec, SocketSpec } from "./listener-spec.ts";
import { probeAddress } from "./probe-address.ts";

interface Held extends BoundSocket {
  /** Workers that have been given it. */
  readonly given: Set<number>;
}

/**
 * Listening sockets that all workers have one of (`enable_reuse_port: false`, pipes): the main thread binds and keeps them, and each
 * worker gets a descriptor of its own, by which it listens and which it closes. While a worker is being started again nobody
 * who connects is turned away.
 */
export class SharedSockets {
  readonly #descriptors: MainDescriptors;
  readonly #concurrency: number;
  /** By name of the listener, then by key. */
  readonly #held = new Map<string, Map<string, Held>>();

  constructor(descriptors: MainDescriptors, concurrency: number) {
    this.#descriptors = descriptors;
    this.#concurrency = concurrency;
  }

  /**
   * Where a listener will listen: sockets that are to be shared are bound, of others it is seen whether their addresses are free, but
   * for those that it has already (`kept`). A string: what is wrong.
   */
  async prepare(
    name: string,
    sockets: readonly SocketSpec[],
    kept: ReadonlySet<string>,
  ): Promise<readonly SocketSpec[] | string> {
    const prepared: SocketSpec[] = [];
    const before = new Set([...kept, ...(this.#held.get(name)?.keys() ?? [])]);
    for (const socket of sockets.map((each) => this.#shared(each))) {
      const problem = kept.has(socket.key) ? undefined : await probeAddress(socket);
      const ready = problem ?? (socket.shared ? this.#bind(name, socket) : socket);
      if (typeof ready === "string") {
        this.keep(name, before);
        return ready;
      }
      prepared.push(ready);
    }
    return prepared;
  }

  /** Gives every worker what it needs before it is told of a listener. */
  async give(spec: ListenerSpec): Promise<void> {
    if (spec.balance === undefined && !spec.sockets.some(({ shared }) => shared)) return;
    await this.#descriptors.open();
    for (let worker = 0; worker < this.#concurrency; worker++) await this.#giveTo(worker, spec);
  }

  /** A worker was started again: what it is told next are the listeners in service. */
  async onWorkerStart(workerIndex: number, inService: readonly ListenerSpec[]): Promise<void> {
    for (const sockets of this.#held.values()) {
      for (const { given } of sockets.values()) given.delete(workerIndex);
    }
    await this.#descriptors.onWorkerStart(workerIndex);
    for (const spec of inService) await this.#giveTo(workerIndex, spec);
  }

  /** A listener has no other sockets than those of `keys` any more. */
  keep(name: string, keys: ReadonlySet<string>): void {
    const held = this.#held.get(name);
    for (const [key, { handle }] of held ?? []) {
      if (keys.has(key)) continue;
      handle.close();
      held?.delete(key);
    }
    if (held?.size === 0) this.#held.delete(name);
  }

  /** Nobody listens any more. */
  close(): void {
    for (const name of [...this.#held.keys()]) this.keep(name, new Set());
  }

  /** One worker has its socket for itself. */
  #shared(socket: SocketSpec): SocketSpec {
    const shared = this.#concurrency > 1 && (socket.kind === "pipe" || !socket.reusePort);
    return shared ? { ...socket, shared } : socket;
  }

  #bind(name: string, socket: SocketSpec): SocketSpec | string {
    const sockets = this.#held.get(name) ?? new Map<string, Held>();
    let held = sockets.get(socket.key);
    if (held === undefined) {
      const bound = bindSocket(socket);
      if (typeof bound === "string") return bound;
      held = { ...bound, given: new Set() };
      sockets.set(socket.key, held);
      this.#held.set(name, sockets);
    }
    return socket.kind === "tcp" ? { ...socket, port: held.port } : socket;
  }

  async #giveTo(workerIndex: number, spec: ListenerSpec): Promise<void> {
    for (const { key } of spec.sockets) {
      const held = this.#held.get(spec.name)?.get(key);
      if (held === undefined || held.given.has(workerIndex)) continue;
      held.given.add(workerIndex);
      await this.#descriptors.send(workerIndex, sharedSocketName(spec.name, key), held.handle);
    }
  }
}

/** By which a worker asks for a socket that the main thread gives it. */
export function sharedSocketName(listener: string, key: string): string {
  return `${key}\n${listener}`;
}
