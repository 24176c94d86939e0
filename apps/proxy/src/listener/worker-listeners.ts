import { fromBinary } from "@bufbuild/protobuf";
import { ListenerSchema } from "@sluice/xds/gen/envoy/config/listener/v3/listener_pb.js";
import type { Handle, ServerHandle } from "../descriptor/node-handles.ts";
import { WorkerDescriptors } from "../descriptor/worker-descriptors.ts";
import type { CompileListener } from "../filter-chain/active-listener-config.ts";
import { keptFilterChains } from "../filter-chain/in-place-update.ts";
import { type DrainTiming, ListenerDrain } from "../filter-chain/listener-drain.ts";
import type { WorkerContext } from "../worker/worker-context.ts";
import { AcceptGate } from "./accept-gate.ts";
import { ListenerSocket } from "./listener-socket.ts";
import type { ListenerSpec } from "./listener-spec.ts";
import { adoptSocket } from "./listening-handle.ts";
import { sharedSocketName } from "./shared-sockets.ts";
import { type BalancingWorker, readHandOver, WorkerListener } from "./worker-listener.ts";

/** The listeners of one worker, driven by messages of the main thread. */
export class WorkerListeners {
  readonly #context: WorkerContext;
  readonly #compile: CompileListener;
  readonly #onDrained: (listenerId: number) => void;
  readonly #gate: AcceptGate;
  readonly #descriptors: WorkerDescriptors;
  readonly #worker: BalancingWorker;
  readonly #timing: DrainTiming;
  readonly #active = new Map<string, WorkerListener>();
  readonly #draining = new Map<number, WorkerListener>();
  /** By name of the listener, then by key. */
  readonly #sockets = new Map<string, Map<string, ListenerSocket>>();

  constructor(
    context: WorkerContext,
    compile: CompileListener,
    onDrained: (listenerId: number) => void,
    gate = new AcceptGate(),
    descriptors = new WorkerDescriptors(),
    timing: DrainTiming = { drainTimeMs: 600_000, gradual: true },
  ) {
    this.#timing = timing;
    const { workerIndex, concurrency } = context;
    this.#gate = gate;
    this.#descriptors = descriptors;
    this.#worker = { workerIndex, concurrency, descriptors };
    descriptors.onConnection = (text, handle) => this.#takeConnection(text, handle);
    this.#context = context;
    this.#compile = compile;
    this.#onDrained = onDrained;
  }

  /**
   * Adds a listener, or gives the listener of that name a new configuration: sockets that stay are kept, the old
   * configuration drains. Answers what is wrong, and the ports that the system chose, by socket key.
   */
  async set(spec: ListenerSpec): Promise<{ problems: readonly string[]; ports: Record<string, number> }> {
    const held = this.#sockets.get(spec.name) ?? new Map<string, ListenerSocket>();
    const given = await this.#takeShared(spec, held);
    const message = fromBinary(ListenerSchema, spec.bytes);
    const compiled = this.#compile(message, this.#context);
    if (!compiled.ok) {
      for (const handle of given.values()) handle.close();
      return { problems: compiled.problems.map(({ path, message }) => `${path}: ${message}`), ports: {} };
    }
    const next = new WorkerListener(spec, compiled.value, this.#worker);
    const opened: ListenerSocket[] = [];
    const ports: Record<string, number> = {};
    // A pipe that is not shared is the only worker's.
    const mine = [...spec.sockets.entries()].filter(
      ([, socket]) => socket.shared || socket.kind === "tcp" || this.#context.workerIndex === 0,
    );
    for (const [index, wanted] of mine) {
      const socket = held.get(wanted.key);
      if (socket !== undefined) {
        socket.redirect(next.acceptor(index), wanted);
        ports[wanted.key] = socket.port;
        continue;
      }
      try {
        const shared = given.get(wanted.key);
        given.delete(wanted.key);
        const fresh = await ListenerSocket.listen(wanted, next.acceptor(index), this.#gate, shared);
        opened.push(fresh);
        ports[wanted.key] = fresh.port;
      } catch (error) {
        for (const each of [...opened, ...given.values()]) each.close();
        this.#restore(spec.name);
        next.config.close();
        const where = wanted.kind === "pipe" ? wanted.path : wanted.key;
        return {
          problems: [`cannot bind '${where}': ${error instanceof Error ? error.message : String(error)}`],
          ports: {},
        };
      }
    }
    const keep = new Set(mine.map(([, socket]) => socket.key));
    for (const [key, socket] of held) {
      if (keep.has(key)) continue;
      socket.close();
      held.delete(key);
    }
    for (const socket of opened) held.set(socket.key, socket);
    this.#sockets.set(spec.name, held);
    const old = this.#active.get(spec.name);
    this.#active.set(spec.name, next);
    next.balance?.join();
    if (old !== undefined) {
      // As the main thread decides it: connections on chains that stay are left alone.
      this.#drain(old, keptFilterChains(fromBinary(ListenerSchema, old.spec.bytes), message));
    }
    return { problems: [], ports };
  }

  /** Stops listening; connections drain. */
  remove(name: string): void {
    this.#closeSockets(name);
    const old = this.#active.get(name);
    this.#active.delete(name);
    if (old !== undefined) this.#drain(old);
  }

  /** Ends what is left of a configuration that drains, but for connections on the chains of these keys. */
  close(listenerId: number, kept?: readonly string[]): void {
    const listener = this.#draining.get(listenerId);
    if (kept === undefined) this.#draining.delete(listenerId);
    listener?.config.close(kept === undefined ? undefined : new Set(kept));
  }

  /** Tells the connections of these listeners, now and from now on, that they are to end. */
  drain(names: readonly string[]): void {
    const drain = this.#createDrain();
    for (const name of names) this.#active.get(name)?.config.tell(drain);
  }

  /** Stops listening; connections live on. */
  stop(names: readonly string[]): void {
    for (const name of names) this.#closeSockets(name);
  }

  /** Stops listening everywhere; connections end as soon as they can. */
  end(): void {
    const drain = this.#createDrain(true);
    for (const { config } of this.#draining.values()) config.tell(drain);
    for (const [name, listener] of [...this.#active]) {
      this.#closeSockets(name);
      this.#active.delete(name);
      this.#drain(listener, undefined, drain);
    }
  }

  #createDrain(atOnce = false): ListenerDrain {
    return new ListenerDrain(this.#timing, this.#context.clock, this.#context.random, atOnce);
  }

  /** Also what older configurations of the same listener have kept, as far as it is not `kept` again. */
  #drain(listener: WorkerListener, kept?: ReadonlySet<string>, drain = this.#createDrain()): void {
    const { balance } = listener.spec;
    if (balance !== this.#active.get(listener.spec.name)?.spec.balance) listener.balance?.leave();
    this.#draining.set(listener.spec.id, listener);
    for (const one of [...this.#draining.values()]) {
      if (one.spec.name !== listener.spec.name) continue;
      const onDrained = (): void => {
        this.#draining.delete(one.spec.id);
        this.#onDrained(one.spec.id);
      };
      one.config.drain(drain, onDrained, kept);
    }
  }

  /** Sockets that the main thread gives to every worker. */
  async #takeShared(
    spec: ListenerSpec,
    held: ReadonlyMap<string, ListenerSocket>,
  ): Promise<Map<string, ServerHandle>> {
    const given = new Map<string, ServerHandle>();
    for (const { key, shared } of spec.sockets) {
      if (!shared || held.has(key)) continue;
      given.set(key, asServer(await this.#descriptors.take(sharedSocketName(spec.name, key))));
    }
    return given;
  }

  /** From another worker. Where its listener's configuration is gone meanwhile, the one in its place takes it. */
  #takeConnection(text: string, handle: Handle): void {
    const { listenerId, address, name } = readHandOver(text);
    const active = this.#active.get(name);
    const own = active?.spec.id === listenerId ? active : this.#draining.get(listenerId);
    const socket = adoptSocket(handle);
    if (own !== undefined) own.take(socket, address);
    else if (active !== undefined) active.config.onAccept(socket);
    else socket.destroy();
  }

  #closeSockets(name: string): void {
    for (const socket of this.#sockets.get(name)?.values() ?? []) socket.close();
    this.#sockets.delete(name);
  }

  #restore(name: string): void {
    const active = this.#active.get(name);
    if (active === undefined) return;
    for (const socket of this.#sockets.get(name)?.values() ?? []) {
      const index = active.spec.sockets.findIndex(({ key }) => key === socket.key);
      socket.redirect(active.acceptor(index));
    }
  }
}

/** What the main thread gives by the name of a socket is one. */
function asServer(handle: Handle): ServerHandle {
  return handle as ServerHandle;
}
