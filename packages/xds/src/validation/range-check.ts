import type { RangeRules } from "./field-rules.ts";

/** What a value breaks, as sentences without subject ("must be at least 1"). */
export type Check<Value> = (value: Value) => string[];

/** Bounds of numbers, durations and times. `read` makes a bound comparable, `show` prints it as people write it. */
export function rangeCheck<Bound extends number | string, Value extends number | bigint>(
  rules: RangeRules<Bound>,
  read: (bound: Bound) => Value,
): Check<Value> {
  const checks: Check<Value>[] = [];
  const add = (
    bound: Bound | undefined,
    holds: (value: Value, bound: Value) => boolean,
    text: string,
  ): void => {
    if (bound === undefined) return;
    const limit = read(bound);
    checks.push((value) => (holds(value, limit) ? [] : [`must be ${text} ${bound}`]));
  };
  const low = rules.gt ?? rules.gte;
  const high = rules.lt ?? rules.lte;
  // PGV: a range whose ends are swapped is what lies outside of it.
  if (low !== undefined && high !== undefined && read(low) > read(high)) {
    checks.push((value) => {
      const above = rules.gt !== undefined ? value > read(low) : value >= read(low);
      const below = rules.lt !== undefined ? value < read(high) : value <= read(high);
      return above || below ? [] : [`must be below ${high} or above ${low}`];
    });
  } else {
    add(rules.gt, (value, bound) => value > bound, "greater than");
    add(rules.gte, (value, bound) => value >= bound, "at least");
    add(rules.lt, (value, bound) => value < bound, "less than");
    add(rules.lte, (value, bound) => value <= bound, "at most");
  }
  add(rules.const, (value, bound) => value === bound, "exactly");
  addMembership(checks, rules, (bound) => read(bound));
  return (value) => checks.flatMap((check) => check(value));
}

/** `in` and `not_in`. */
export function addMembership<Bound, Value>(
  checks: Check<Value>[],
  rules: { readonly in?: readonly Bound[]; readonly notIn?: readonly Bound[] },
  read: (bound: Bound) => Value,
): void {
  if (rules.in !== undefined && rules.in.length > 0) {
    const allowed = new Set(rules.in.map(read));
    const text = `must be one of ${rules.in.join(", ")}`;
    checks.push((value) => (allowed.has(value) ? [] : [text]));
  }
  if (rules.notIn !== undefined && rules.notIn.length > 0) {
    const refused = new Set(rules.notIn.map(read));
    const text = `must not be one of ${rules.notIn.join(", ")}`;
    checks.push((value) => (refused.has(value) ? [text] : []));
  }
}
