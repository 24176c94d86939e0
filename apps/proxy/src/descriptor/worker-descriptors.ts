import { DescriptorChannel, type DescriptorReceiver } from "./descriptor-channel.ts";
import type { Handle } from "./node-handles.ts";

/** The main thread among the peers of a worker. */
export const MAIN_THREAD = -1;

const ARRIVAL_MS_MAX = 10_000;

/** What a worker is sent by the main thread and by other workers, and sends these. */
export class WorkerDescriptors implements DescriptorReceiver {
  readonly #channels = new Map<number, DescriptorChannel>();
  readonly #arrived = new Map<string, Handle>();
  readonly #awaited = new Map<string, (handle: Handle) => void>();
  /** Takes connections; set by whoever has the listeners. */
  onConnection: (text: string, handle: Handle) => void = (_text, handle) => handle.close();

  /** From now on `fd` leads to a peer; what led there before is closed. */
  connect(peer: number, fd: number): void {
    this.#channels.get(peer)?.close();
    const receiver = peer === MAIN_THREAD ? this : { onDescriptor: this.#takeConnection };
    this.#channels.set(peer, new DescriptorChannel(fd, receiver));
  }

  /** See `DescriptorChannel.send`. */
  send(peer: number, text: string, handle: Handle, done: (sent: boolean) => void): void {
    const channel = this.#channels.get(peer);
    if (channel === undefined) done(false);
    else channel.send(text, handle, done);
  }

  /** What the main thread has sent, or is about to, by this name; rejects when it does not come. */
  async take(name: string): Promise<Handle> {
    const arrived = this.#arrived.get(name);
    if (this.#arrived.delete(name) && arrived !== undefined) return arrived;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#awaited.delete(name);
        reject(new Error("the main thread's socket did not arrive"));
      }, ARRIVAL_MS_MAX);
      this.#awaited.set(name, (handle) => {
        clearTimeout(timer);
        this.#awaited.delete(name);
        resolve(handle);
      });
    });
  }

  onDescriptor(name: string, handle: Handle): void {
    const awaited = this.#awaited.get(name);
    if (awaited !== undefined) {
      awaited(handle);
      return;
    }
    this.#arrived.get(name)?.close();
    this.#arrived.set(name, handle);
  }

  readonly #takeConnection = (text: string, handle: Handle): void => this.onConnection(text, handle);
}
