import type { Socket } from "node:net";
import { fromBinary } from "@bufbuild/protobuf";
import { ListenerSchema } from "@sluice/xds/gen/envoy/config/listener/v3/listener_pb.js";
import type { ActiveListenerConfig, CompileListener } from "../filter-chain/active-listener-config.ts";
import { keptFilterChains } from "../filter-chain/in-place-update.ts";
import type { WorkerContext } from "../worker/worker-context.ts";
import type { ListenerSpec } from "../worker/worker-messages.ts";
import { AcceptGate } from "./accept-gate.ts";
import { ListenerSocket } from "./listener-socket.ts";

/** One configuration of one listener: the one that takes connections, or an older one that drains. */
class ActiveListener {
  readonly spec: ListenerSpec;
  readonly config: ActiveListenerConfig;

  constructor(spec: ListenerSpec, config: ActiveListenerConfig) {
    this.spec = spec;
    this.config = config;
  }

  readonly accept = (socket: Socket): void => this.config.onAccept(socket);
}

/** The listeners of one worker, driven by messages of the main thread. */
export class WorkerListeners {
  readonly #context: WorkerContext;
  readonly #compile: CompileListener;
  readonly #onDrained: (listenerId: number) => void;
  readonly #gate: AcceptGate;
  readonly #active = new Map<string, ActiveListener>();
  readonly #draining = new Map<number, ActiveListener>();
  /** By name of the listener, then by key. */
  readonly #sockets = new Map<string, Map<string, ListenerSocket>>();

  constructor(
    context: WorkerContext,
    compile: CompileListener,
    onDrained: (listenerId: number) => void,
    gate = new AcceptGate(),
  ) {
    this.#gate = gate;
    this.#context = context;
    this.#compile = compile;
    this.#onDrained = onDrained;
  }

  /**
   * Adds a listener, or gives the listener of that name a new configuration: sockets that stay are kept, the old
   * configuration drains. Answers what is wrong, and the ports that the system chose, by socket key.
   */
  async set(spec: ListenerSpec): Promise<{ problems: readonly string[]; ports: Record<string, number> }> {
    const message = fromBinary(ListenerSchema, spec.bytes);
    const compiled = this.#compile(message, this.#context);
    if (!compiled.ok) {
      return { problems: compiled.problems.map(({ path, message }) => `${path}: ${message}`), ports: {} };
    }
    const next = new ActiveListener(spec, compiled.value);
    const held = this.#sockets.get(spec.name) ?? new Map<string, ListenerSocket>();
    const opened: ListenerSocket[] = [];
    const ports: Record<string, number> = {};
    // Workers cannot share a pipe: the first one has it alone.
    const mine = spec.sockets.filter((socket) => this.#context.workerIndex === 0 || socket.kind === "tcp");
    for (const wanted of mine) {
      const socket = held.get(wanted.key);
      if (socket !== undefined) {
        socket.redirect(next.accept, wanted);
        ports[wanted.key] = socket.port;
        continue;
      }
      try {
        const fresh = await ListenerSocket.listen(wanted, next.accept, this.#gate);
        opened.push(fresh);
        ports[wanted.key] = fresh.port;
      } catch (error) {
        for (const socket of opened) socket.close();
        this.#restore(spec.name);
        next.config.close();
        const where = wanted.kind === "pipe" ? wanted.path : wanted.key;
        return {
          problems: [`cannot bind '${where}': ${error instanceof Error ? error.message : String(error)}`],
          ports: {},
        };
      }
    }
    const keep = new Set(mine.map((socket) => socket.key));
    for (const [key, socket] of held) {
      if (keep.has(key)) continue;
      socket.close();
      held.delete(key);
    }
    for (const socket of opened) held.set(socket.key, socket);
    this.#sockets.set(spec.name, held);
    const old = this.#active.get(spec.name);
    this.#active.set(spec.name, next);
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

  /** Stops listening everywhere. */
  stopAll(drain: boolean): void {
    for (const [name, listener] of [...this.#active]) {
      this.#closeSockets(name);
      if (!drain) continue;
      this.#active.delete(name);
      this.#drain(listener);
    }
  }

  /** Also what older configurations of the same listener have kept, as far as it is not `kept` again. */
  #drain(listener: ActiveListener, kept?: ReadonlySet<string>): void {
    this.#draining.set(listener.spec.id, listener);
    for (const one of [...this.#draining.values()]) {
      if (one.spec.name !== listener.spec.name) continue;
      one.config.drain(() => {
        this.#draining.delete(one.spec.id);
        this.#onDrained(one.spec.id);
      }, kept);
    }
  }

  #closeSockets(name: string): void {
    for (const socket of this.#sockets.get(name)?.values() ?? []) socket.close();
    this.#sockets.delete(name);
  }

  #restore(name: string): void {
    const active = this.#active.get(name);
    if (active === undefined) return;
    for (const socket of this.#sockets.get(name)?.values() ?? []) socket.redirect(active.accept);
  }
}
