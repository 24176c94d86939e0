import { type CelInput, type CelMap, celMap } from "@bufbuild/cel";
import type { HeaderMap } from "@sluice/extension-api";
import { toText } from "./to-text.ts";

/** Attributes below one name (`request.…`), each taken when it is asked for. As in Envoy they cannot be listed, and count as none. */
export class AttributeMap implements ReadonlyMap<string, CelInput> {
  private readonly read: (name: string) => CelInput | undefined;
  readonly size = 0;

  constructor(read: (name: string) => CelInput | undefined) {
    this.read = read;
  }

  get(name: string): CelInput | undefined {
    return typeof name === "string" ? this.read(name) : undefined;
  }
  has(name: string): boolean {
    return this.get(name) !== undefined;
  }
  keys(): MapIterator<string> {
    throw new Error("attributes cannot be listed");
  }
  values(): MapIterator<CelInput> {
    throw new Error("attributes cannot be listed");
  }
  entries(): MapIterator<[string, CelInput]> {
    throw new Error("attributes cannot be listed");
  }
  [Symbol.iterator](): MapIterator<[string, CelInput]> {
    return this.entries();
  }
  forEach(): void {
    throw new Error("attributes cannot be listed");
  }
}

/** Headers by name, in any case; several values of one are joined with commas. */
export function headersMap(headers: HeaderMap | undefined): CelMap {
  return celMap(new HeaderFields(headers));
}

class HeaderFields implements ReadonlyMap<string, CelInput> {
  private readonly headers: HeaderMap | undefined;
  private listed: ReadonlyMap<string, string> | undefined = undefined;

  constructor(headers: HeaderMap | undefined) {
    this.headers = headers;
  }

  get(name: string): string | undefined {
    const value = typeof name === "string" ? this.headers?.getAll(name.toLowerCase()) : undefined;
    return value === undefined ? undefined : toText(value);
  }
  has(name: string): boolean {
    return this.get(name) !== undefined;
  }
  get size(): number {
    return this.all().size;
  }
  keys(): MapIterator<string> {
    return this.all().keys();
  }
  values(): MapIterator<string> {
    return this.all().values();
  }
  entries(): MapIterator<[string, string]> {
    return this.all().entries();
  }
  [Symbol.iterator](): MapIterator<[string, string]> {
    return this.entries();
  }
  forEach(visit: (value: string, name: string, map: ReadonlyMap<string, CelInput>) => void): void {
    for (const [name, value] of this.all()) visit(value, name, this);
  }

  private all(): ReadonlyMap<string, string> {
    if (this.listed === undefined) {
      const all = new Map<string, string>();
      this.headers?.forEach((name) => {
        if (!all.has(name)) all.set(name, this.get(name) ?? "");
      });
      this.listed = all;
    }
    return this.listed;
  }
}
