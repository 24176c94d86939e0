import type { HeaderMap } from "@sluice/extension-api";
import type { HeaderCase } from "./h1/header-case.ts";

/**
 * The header map of every codec: names and values alternate in one array, pseudo-headers first. Names that came from a codec
 * are shared strings (`well-known-names.ts`), so a search compares pointers and is as good as constant for real messages.
 */
export class Headers implements HeaderMap {
  /** `[name, value, name, value, …]`; codecs read it, nobody else. */
  readonly fields: string[];
  /** How HTTP/1 writes the names; undefined: as the codec does. */
  spelling: HeaderCase | undefined = undefined;

  constructor(fields: string[] = []) {
    this.fields = fields;
  }

  get(name: string): string | undefined {
    const fields = this.fields;
    for (let i = 0; i < fields.length; i += 2) {
      if (fields[i] === name) return fields[i + 1];
    }
    return undefined;
  }

  getAll(name: string): string | undefined {
    const fields = this.fields;
    let found: string | undefined;
    for (let i = 0; i < fields.length; i += 2) {
      if (fields[i] !== name) continue;
      const value = fields[i + 1];
      found = found === undefined ? value : `${found},${value}`;
    }
    return found;
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  set(name: string, value: string): void {
    const fields = this.fields;
    for (let i = 0; i < fields.length; i += 2) {
      if (fields[i] !== name) continue;
      fields[i + 1] = value;
      this.#removeFrom(name, i + 2);
      return;
    }
    this.append(name, value);
  }

  append(name: string, value: string): void {
    const fields = this.fields;
    if (name.charCodeAt(0) === 58) {
      let at = 0;
      while (at < fields.length && fields[at]?.charCodeAt(0) === 58) at += 2;
      if (at < fields.length) {
        fields.splice(at, 0, name, value);
        return;
      }
    }
    fields.push(name, value);
  }

  remove(name: string): number {
    return this.#removeFrom(name, 0);
  }

  hasNameWithPrefix(prefix: string): boolean {
    const fields = this.fields;
    for (let i = 0; i < fields.length; i += 2) {
      if (fields[i]?.startsWith(prefix) === true) return true;
    }
    return false;
  }

  hasName(test: (name: string) => boolean): boolean {
    const fields = this.fields;
    for (let i = 0; i < fields.length; i += 2) {
      if (test(fields[i] ?? "")) return true;
    }
    return false;
  }

  /** Removes the fields for which `test` holds; returns how many. */
  removeWhere(test: (name: string) => boolean): number {
    const fields = this.fields;
    let to = 0;
    for (let i = 0; i < fields.length; i += 2) {
      const name = fields[i] ?? "";
      if (test(name)) continue;
      fields[to] = name;
      fields[to + 1] = fields[i + 1] ?? "";
      to += 2;
    }
    const removed = (fields.length - to) / 2;
    fields.length = to;
    return removed;
  }

  get size(): number {
    return this.fields.length / 2;
  }

  get byteSize(): number {
    let sum = 0;
    for (const text of this.fields) sum += text.length;
    return sum;
  }

  forEach(visit: (name: string, value: string) => void): void {
    const fields = this.fields;
    for (let i = 0; i < fields.length; i += 2) visit(fields[i] ?? "", fields[i + 1] ?? "");
  }

  clone(): Headers {
    const copy = new Headers(this.fields.slice());
    copy.spelling = this.spelling;
    return copy;
  }

  #removeFrom(name: string, from: number): number {
    const fields = this.fields;
    let to = from;
    for (let i = from; i < fields.length; i += 2) {
      if (fields[i] === name) continue;
      if (to !== i) {
        fields[to] = fields[i] ?? "";
        fields[to + 1] = fields[i + 1] ?? "";
      }
      to += 2;
    }
    const removed = (fields.length - to) / 2;
    if (removed > 0) fields.length = to;
    return removed;
  }
}

/** The header map of this proxy behind the interface: every map that a room hands out is one. */
export function asHeaders(map: HeaderMap): Headers {
  return map as Headers;
}
