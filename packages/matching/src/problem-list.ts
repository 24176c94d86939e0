import type { ConfigProblem } from "@sluice/xds";
import type { Compiled } from "./contract.ts";

/** Gathers what is wrong while a message is compiled, so that all of it is told at once. */
export class ProblemList {
  readonly problems: ConfigProblem[] = [];

  error(path: string, message: string): void {
    this.problems.push({ path, message, severity: "error" });
  }

  /** The part of the API that this build does not implement. */
  unimplemented(path: string, what: string): void {
    this.error(path, `${what} is not implemented`);
  }

  /** Takes the problems of a part over; `undefined` when the part is wrong. */
  take<T>(part: Compiled<T>): T | undefined {
    if (part.ok) return part.value;
    this.problems.push(...part.problems);
    return undefined;
  }

  result<T>(make: () => T): Compiled<T> {
    return this.problems.length > 0 ? { ok: false, problems: this.problems } : { ok: true, value: make() };
  }
}

/** `parent.field`, or `field` at the root. */
export function fieldPath(parent: string, field: string): string {
  return parent === "" ? field : `${parent}.${field}`;
}
