import type { Secret } from "@sluice/xds/gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.js";
import type { SecretLookup } from "./secret-lookup.ts";

/** The secrets of one thread. */
export class SecretStore implements SecretLookup {
  readonly ticketSeed: Uint8Array;
  readonly #secrets = new Map<string, Secret>();
  readonly #listeners = new Map<string, Set<() => void>>();

  constructor(ticketSeed: Uint8Array) {
    this.ticketSeed = ticketSeed;
  }

  get(key: string): Secret | undefined {
    return this.#secrets.get(key);
  }

  subscribe(key: string, onChange: () => void): () => void {
    const listeners = this.#listeners.get(key) ?? new Set();
    this.#listeners.set(key, listeners);
    listeners.add(onChange);
    return () => {
      listeners.delete(onChange);
      if (listeners.size === 0) this.#listeners.delete(key);
    };
  }

  set(key: string, secret: Secret): void {
    this.#secrets.set(key, secret);
    for (const listener of [...(this.#listeners.get(key) ?? [])]) listener();
  }

  entries(): readonly (readonly [string, Secret])[] {
    return [...this.#secrets];
  }

  remove(key: string): void {
    this.#secrets.delete(key);
  }
}
