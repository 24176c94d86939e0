import type { FilterStateObject } from "@sluice/matching";
import { xxHash64 } from "@sluice/matching";

/** An object of a filter state that says its hash itself; hash policies go by such objects alone. */
interface Hashable {
  hash(): bigint | undefined;
}

/** `envoy.hashable_string`. */
export class HashableText implements Hashable, FilterStateObject {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  hash(): bigint {
    return xxHash64(this.#text);
  }

  serializeAsString(): string {
    return this.#text;
  }
}

function isHashable(object: unknown): object is Hashable {
  return (
    typeof object === "object" && object !== null && "hash" in object && typeof object.hash === "function"
  );
}

/** Undefined: the object has none. */
export const hashOf = (object: unknown): bigint | undefined =>
  isHashable(object) ? object.hash() : undefined;
