import type { Runtime } from "@sluice/extension-api";

/** Merged layers, by dotted key; values as configured (texts, numbers, booleans, FractionalPercent objects). */
export type RuntimeValues = Readonly<Record<string, RuntimeValue>>;
export type RuntimeValue =
  | string
  | number
  | boolean
  | { readonly numerator: number; readonly denominator: number };

/** A thread's view of the runtime; the values are replaced as a whole. */
export class RuntimeSnapshot implements Runtime {
  #values: RuntimeValues = {};

  replace(values: RuntimeValues): void {
    this.#values = values;
  }

  integer(key: string, fallback: number): number {
    const value = this.#values[key];
    // What is no whole number counts as not set, as in Envoy.
    if (typeof value === "number") return Number.isInteger(value) && value >= 0 ? value : fallback;
    if (typeof value === "string" && /^[0-9]+$/.test(value)) return Number(value);
    return fallback;
  }

  double(key: string, fallback: number): number {
    const value = this.#values[key];
    if (typeof value === "number") return value;
    const read = typeof value === "string" && value.trim() !== "" ? Number(value) : Number.NaN;
    return Number.isFinite(read) ? read : fallback;
  }

  boolean(key: string, fallback: boolean): boolean {
    const value = this.#values[key];
    if (typeof value === "boolean") return value;
    return this.double(key, fallback ? 1 : 0) !== 0;
  }

  featureEnabled(key: string, numerator: number, denominator: number, random: number): boolean {
    const value = this.#values[key];
    if (typeof value === "object") return random % value.denominator < value.numerator;
    // A plain number under a fractional key is a percentage, as in Envoy; what is neither counts as not set.
    const percent = this.integer(key, -1);
    if (percent >= 0) return random % 100 < percent;
    return random % denominator < numerator;
  }
}
