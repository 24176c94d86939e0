import { type DescField, type DescOneof, getOption, hasOption, toJson } from "@bufbuild/protobuf";
import { FieldRulesSchema, required, rules } from "../../gen/validate/validate_pb.js";

/** protoc-gen-validate's rules of one field as JSON: what is absent is no rule. Integers of 64 bits are strings, durations "5s". */
export interface FieldRules {
  readonly message?: { readonly skip?: boolean; readonly required?: boolean };
  readonly bool?: { readonly const?: boolean };
  readonly string?: StringRules;
  readonly bytes?: BytesRules;
  readonly enum?: {
    readonly const?: number;
    readonly definedOnly?: boolean;
    readonly in?: readonly number[];
    readonly notIn?: readonly number[];
  };
  readonly repeated?: {
    readonly minItems?: string;
    readonly maxItems?: string;
    readonly unique?: boolean;
    readonly items?: FieldRules;
    readonly ignoreEmpty?: boolean;
  };
  readonly map?: {
    readonly minPairs?: string;
    readonly maxPairs?: string;
    readonly keys?: FieldRules;
    readonly values?: FieldRules;
    readonly ignoreEmpty?: boolean;
  };
  readonly any?: {
    readonly required?: boolean;
    readonly in?: readonly string[];
    readonly notIn?: readonly string[];
  };
  readonly duration?: TimeRules;
  readonly timestamp?: TimeRules & {
    readonly ltNow?: boolean;
    readonly gtNow?: boolean;
    readonly within?: string;
  };
  readonly float?: NumberRules;
  readonly double?: NumberRules;
  readonly int32?: NumberRules;
  readonly int64?: NumberRules;
  readonly uint32?: NumberRules;
  readonly uint64?: NumberRules;
  readonly sint32?: NumberRules;
  readonly sint64?: NumberRules;
  readonly fixed32?: NumberRules;
  readonly fixed64?: NumberRules;
  readonly sfixed32?: NumberRules;
  readonly sfixed64?: NumberRules;
}

export interface NumberRules extends RangeRules<number | string> {
  readonly ignoreEmpty?: boolean;
}

export interface TimeRules extends RangeRules<string> {
  readonly required?: boolean;
}

export interface RangeRules<Bound> {
  readonly const?: Bound;
  readonly lt?: Bound;
  readonly lte?: Bound;
  readonly gt?: Bound;
  readonly gte?: Bound;
  readonly in?: readonly Bound[];
  readonly notIn?: readonly Bound[];
}

interface LengthRules {
  readonly const?: string;
  readonly len?: string;
  readonly minLen?: string;
  readonly maxLen?: string;
  readonly pattern?: string;
  readonly prefix?: string;
  readonly suffix?: string;
  readonly contains?: string;
  readonly in?: readonly string[];
  readonly notIn?: readonly string[];
  readonly ignoreEmpty?: boolean;
  readonly ip?: boolean;
  readonly ipv4?: boolean;
  readonly ipv6?: boolean;
}

export interface StringRules extends LengthRules {
  readonly lenBytes?: string;
  readonly minBytes?: string;
  readonly maxBytes?: string;
  readonly notContains?: string;
  readonly email?: boolean;
  readonly hostname?: boolean;
  readonly uri?: boolean;
  readonly uriRef?: boolean;
  readonly address?: boolean;
  readonly uuid?: boolean;
  readonly wellKnownRegex?: "HTTP_HEADER_NAME" | "HTTP_HEADER_VALUE";
  /** Absent is true. */
  readonly strict?: boolean;
}

/** Texts (`const`, `prefix`, …) are base64. */
export type BytesRules = LengthRules;

export const NUMBER_RULES = [
  "float",
  "double",
  "int32",
  "int64",
  "uint32",
  "uint64",
  "sint32",
  "sint64",
  "fixed32",
  "fixed64",
  "sfixed32",
  "sfixed64",
] as const;

const known = new WeakMap<DescField, FieldRules>();

/** `validate.rules` of a field; `{}` when it has none. */
export function rulesOf(field: DescField): FieldRules {
  let found = known.get(field);
  if (found === undefined) {
    found = hasOption(field, rules) ? asFieldRules(toJson(FieldRulesSchema, getOption(field, rules))) : {};
    known.set(field, found);
  }
  return found;
}

/** One of the oneof's fields must be set. */
export function isRequired(oneof: DescOneof): boolean {
  return hasOption(oneof, required) && getOption(oneof, required);
}

/** `FieldRules` above spells out what `toJson` makes of `validate.FieldRules`. */
function asFieldRules(json: unknown): FieldRules {
  return json as FieldRules;
}
