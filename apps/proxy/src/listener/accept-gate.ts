import type { Socket } from "node:net";

/**
 * Whether a worker takes connections (`envoy.overload_actions.stop_accepting_connections`). Node cannot leave them in the kernel's
 * accept queue, so that while the gate is closed they wait here, unread, as many for each listening socket as its accept queue
 * would hold.
 */
export class AcceptGate {
  readonly #queues = new Set<AcceptQueue>();
  #closed = false;

  get closed(): boolean {
    return this.#closed;
  }

  set(closed: boolean): void {
    if (this.#closed === closed) return;
    this.#closed = closed;
    if (!closed) for (const queue of this.#queues) queue.release();
  }

  queue(accept: (socket: Socket) => void): AcceptQueue {
    const queue = new AcceptQueue(accept, () => this.#queues.delete(queue));
    this.#queues.add(queue);
    return queue;
  }
}

/** Connections of one listening socket that wait for the gate. */
export class AcceptQueue {
  readonly #accept: (socket: Socket) => void;
  readonly #onClose: () => void;
  readonly #waiting = new Set<Socket>();

  constructor(accept: (socket: Socket) => void, onClose: () => void) {
    this.#accept = accept;
    this.#onClose = onClose;
  }

  /** `max`: what the queue holds; one too many is closed. */
  hold(socket: Socket, max: number): void {
    if (this.#waiting.size >= max) {
      socket.destroy();
      return;
    }
    this.#waiting.add(socket);
  }

  /** Takes those that wait, in order. */
  release(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const socket of waiting) this.#accept(socket);
  }

  /** The listening socket goes, and as with any accept queue those that wait go with it. */
  close(): void {
    for (const socket of this.#waiting) socket.resetAndDestroy();
    this.#waiting.clear();
    this.#onClose();
  }
}
