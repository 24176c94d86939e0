import { type DescMessage, fromBinary, type MessageShape } from "@bufbuild/protobuf";

/** What one thread knows of discovered configuration of one kind, by key. */
export interface DiscoveredRegistry<T> {
  /**
   * Calls `onUpdate` at once with what there is, if there is something, and at each change, in the same event-loop turn on
   * which the thread learnt of it; undefined: its source has it no more. Answers how to end that.
   */
  subscribe(key: string, onUpdate: (value: T | undefined) => void): () => void;
}

/** Where nothing is discovered: on the main thread, which only checks. */
export const NOTHING_DISCOVERED: DiscoveredRegistry<never> = { subscribe: () => () => {} };

/** The discovered configuration of one worker, driven by messages of the main thread. */
export class DiscoveredMessages<Desc extends DescMessage> implements DiscoveredRegistry<MessageShape<Desc>> {
  readonly #schema: Desc;
  readonly #values = new Map<string, MessageShape<Desc>>();
  readonly #subscribers = new Map<string, Set<(value: MessageShape<Desc> | undefined) => void>>();

  constructor(schema: Desc) {
    this.#schema = schema;
  }

  /** Undefined: there is none any more. */
  set(key: string, bytes: Uint8Array | undefined): void {
    const value = bytes === undefined ? undefined : fromBinary(this.#schema, bytes);
    if (value === undefined) this.#values.delete(key);
    else this.#values.set(key, value);
    for (const onUpdate of this.#subscribers.get(key) ?? []) onUpdate(value);
  }

  /** Nobody new will ask for it; who has it keeps it. */
  forget(key: string): void {
    this.#values.delete(key);
  }

  subscribe(key: string, onUpdate: (value: MessageShape<Desc> | undefined) => void): () => void {
    const subscribers = this.#subscribers.get(key) ?? new Set();
    this.#subscribers.set(key, subscribers);
    subscribers.add(onUpdate);
    const current = this.#values.get(key);
    if (current !== undefined) onUpdate(current);
    return () => {
      subscribers.delete(onUpdate);
      if (subscribers.size === 0 && this.#subscribers.get(key) === subscribers) this.#subscribers.delete(key);
    };
  }
}
