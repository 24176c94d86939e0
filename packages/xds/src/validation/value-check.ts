import type { DescField } from "@bufbuild/protobuf";
import type { Duration, Timestamp } from "@bufbuild/protobuf/wkt";
import { type FieldRules, NUMBER_RULES } from "./field-rules.ts";
import { addMembership, type Check, rangeCheck } from "./range-check.ts";
import { bytesCheck, stringCheck } from "./text-check.ts";

const NOTHING: Check<unknown> = () => [];

/**
 * The rules for one value of a field: its own when it is singular, those for items or map values else. Takes what
 * protobuf-es holds for that value, wrappers unwrapped.
 */
export function valueCheck(field: Pick<DescField, "enum">, rules: FieldRules): Check<unknown> {
  if (rules.string !== undefined) return takes(isString, stringCheck(rules.string));
  if (rules.bytes !== undefined) return takes(isBytes, bytesCheck(rules.bytes));
  if (rules.bool?.const !== undefined) {
    const wanted = rules.bool.const;
    return (value) => (value === wanted ? [] : [`must be ${wanted}`]);
  }
  if (rules.enum !== undefined) return takes(isNumber, enumCheck(field, rules.enum));
  if (rules.duration !== undefined) return takes(isTime, spanOf(rangeCheck(rules.duration, readDuration)));
  if (rules.timestamp !== undefined) return takes(isTime, spanOf(rangeCheck(rules.timestamp, readTimestamp)));
  for (const name of NUMBER_RULES) {
    const numbers = rules[name];
    if (numbers === undefined) continue;
    const check = name.endsWith("64")
      ? takes(
          isBigInt,
          rangeCheck(numbers, (bound) => BigInt(bound)),
        )
      : takes(isNumber, rangeCheck(numbers, Number));
    return numbers.ignoreEmpty === true ? (value) => (Number(value) === 0 ? [] : check(value)) : check;
  }
  return NOTHING;
}

function enumCheck(field: Pick<DescField, "enum">, rules: NonNullable<FieldRules["enum"]>): Check<number> {
  const checks: Check<number>[] = [];
  const name = (value: number): string => field.enum?.value[value]?.name ?? String(value);
  if (rules.definedOnly === true && field.enum !== undefined) {
    const known = new Set(field.enum.values.map((value) => value.number));
    checks.push((value) => (known.has(value) ? [] : [`${value} is no value of ${field.enum?.name}`]));
  }
  if (rules.const !== undefined) {
    const wanted = rules.const;
    checks.push((value) => (value === wanted ? [] : [`must be ${name(wanted)}`]));
  }
  const named = (values: readonly number[] | undefined): string[] => (values ?? []).map(name);
  const names: Check<string>[] = [];
  addMembership(names, { in: named(rules.in), notIn: named(rules.notIn) }, (value) => value);
  checks.push((value) => names.flatMap((check) => check(name(value))));
  return (value) => checks.flatMap((check) => check(value));
}

function readDuration(text: string): bigint {
  const [, sign, whole = "0", fraction = ""] = /^(-?)([0-9]+)(?:\.([0-9]+))?s$/.exec(text) ?? [];
  const nanos = BigInt(whole) * 1_000_000_000n + BigInt(fraction.padEnd(9, "0"));
  return sign === "-" ? -nanos : nanos;
}

function readTimestamp(text: string): bigint {
  return BigInt(Date.parse(text)) * 1_000_000n;
}

function spanOf(check: Check<bigint>): Check<Duration | Timestamp> {
  return (value) => check(value.seconds * 1_000_000_000n + BigInt(value.nanos));
}

/** A value of another type than the rules are for is the schema's mistake, not the configuration's. */
function takes<Value>(is: (value: unknown) => value is Value, check: Check<Value>): Check<unknown> {
  return (value) => (is(value) ? check(value) : []);
}

const isString = (value: unknown): value is string => typeof value === "string";
const isNumber = (value: unknown): value is number => typeof value === "number";
const isBigInt = (value: unknown): value is bigint => typeof value === "bigint";
const isBytes = (value: unknown): value is Uint8Array => value instanceof Uint8Array;
const isTime = (value: unknown): value is Duration | Timestamp =>
  typeof value === "object" && value !== null && "seconds" in value && "nanos" in value;
