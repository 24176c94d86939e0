import type { XdsSubscription } from "@sluice/xds/client";
import type { ConfigSource } from "@sluice/xds/gen/envoy/config/core/v3/config_source_pb.js";
import { isFile, sourceKey } from "./config-source.ts";

/** One subscription of a type per source, with the names that are needed from there; of files one per name. */
export class NamedSubscriptions {
  readonly #subscribe: (source: ConfigSource, names: readonly string[]) => XdsSubscription;
  readonly #sources = new Map<string, XdsSubscription>();
  /** By source and name. */
  readonly #files = new Map<string, Map<string, XdsSubscription>>();

  constructor(subscribe: (source: ConfigSource, names: readonly string[]) => XdsSubscription) {
    this.#subscribe = subscribe;
  }

  setNames(source: ConfigSource, names: readonly string[]): void {
    const key = sourceKey(source);
    if (isFile(source)) {
      this.#readFile(source, key, names);
      return;
    }
    const subscription = this.#sources.get(key);
    if (names.length === 0) {
      this.#sources.delete(key);
      subscription?.close();
    } else if (subscription === undefined) {
      this.#sources.set(key, this.#subscribe(source, names));
    } else subscription.setNames(names);
  }

  #readFile(source: ConfigSource, key: string, names: readonly string[]): void {
    const ofName = this.#files.get(key) ?? new Map<string, XdsSubscription>();
    this.#files.set(key, ofName);
    for (const [name, subscription] of ofName) {
      if (names.includes(name)) continue;
      ofName.delete(name);
      subscription.close();
    }
    for (const name of names) {
      if (!ofName.has(name)) ofName.set(name, this.#subscribe(source, [name]));
    }
    if (names.length === 0) this.#files.delete(key);
  }
}
