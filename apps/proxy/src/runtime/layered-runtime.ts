import type { LayeredRuntime } from "@sluice/xds/gen/envoy/config/bootstrap/v3/bootstrap_pb.js";
import type { RuntimeValue, RuntimeValues } from "./runtime-snapshot.ts";

interface Layer {
  readonly name: string;
  readonly admin: boolean;
  values: Record<string, RuntimeValue>;
}

/** The configured layers and their merge; the admin layer changes through `/runtime_modify`. */
export class RuntimeLayers {
  readonly #layers: Layer[] = [];

  constructor(config: LayeredRuntime | undefined) {
    for (const layer of config?.layers ?? []) {
      const specifier = layer.layerSpecifier;
      const admin = specifier.case === "adminLayer";
      const values: Record<string, RuntimeValue> = {};
      if (specifier.case === "staticLayer") flatten(specifier.value, "", values);
      this.#layers.push({ name: layer.name, admin, values });
    }
  }

  get layers(): readonly { readonly name: string; readonly values: RuntimeValues }[] {
    return this.#layers;
  }

  /** Later layers win. */
  merged(): RuntimeValues {
    return Object.assign({}, ...this.#layers.map((layer) => layer.values));
  }

  /** Sets overrides ("" removes one). False when no admin layer is configured. */
  modify(overrides: Iterable<readonly [string, string]>): boolean {
    const layer = this.#layers.find((each) => each.admin);
    if (layer === undefined) return false;
    for (const [key, value] of overrides) {
      if (value === "") delete layer.values[key];
      else layer.values[key] = value === "true" ? true : value === "false" ? false : value;
    }
    return true;
  }
}

const DENOMINATORS: Readonly<Record<string, number>> = {
  HUNDRED: 100,
  TEN_THOUSAND: 10_000,
  MILLION: 1_000_000,
};

function flatten(value: unknown, key: string, out: Record<string, RuntimeValue>): void {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
    out[key] = value;
    return;
  }
  if (typeof value !== "object" || value === null) return;
  const fraction = fractionOf(value);
  if (fraction !== undefined) {
    out[key] = fraction;
    return;
  }
  for (const [name, member] of Object.entries(value))
    flatten(member, key === "" ? name : `${key}.${name}`, out);
}

function fractionOf(value: object): RuntimeValue | undefined {
  if (!("numerator" in value) || typeof value.numerator !== "number") return undefined;
  const name =
    "denominator" in value && typeof value.denominator === "string" ? value.denominator : "HUNDRED";
  return { numerator: value.numerator, denominator: DENOMINATORS[name] ?? 100 };
}
