import {
  type ConsistentHashing,
  ConsistentHashingSchema,
} from "@sluice/xds/gen/envoy/extensions/matching/input_matchers/consistent_hashing/v3/consistent_hashing_pb.js";
import { type Ip, IpSchema } from "@sluice/xds/gen/envoy/extensions/matching/input_matchers/ip/v3/ip_pb.js";
import {
  type Metadata,
  MetadataSchema,
} from "@sluice/xds/gen/envoy/extensions/matching/input_matchers/metadata/v3/metadata_pb.js";
import {
  type RuntimeFraction,
  RuntimeFractionSchema,
} from "@sluice/xds/gen/envoy/extensions/matching/input_matchers/runtime_fraction/v3/runtime_fraction_pb.js";
import { compileCidrSet } from "../cidr-map.ts";
import type { Compiled } from "../contract.ts";
import { fieldPath, ProblemList } from "../problem-list.ts";
import { compileRuntimeFraction } from "../runtime-fraction.ts";
import { compileStringMatcher, type StringMatcherConfig } from "../string-matcher.ts";
import { compileValueMatcher } from "../value-matcher.ts";
import { xxHash64 } from "../xx-hash64.ts";
import { type MatchingData, MetadataValue } from "./matching-data.ts";
import {
  compileExtension,
  type KnownExtensions,
  known,
  refuse,
  type TypedExtension,
} from "./typed-extension.ts";

/** Judges what an input gave; never asked about NOT_AVAILABLE. */
export interface InputMatcher {
  /** For people: `is exactly "a"`. */
  readonly wanted: string;
  /** The one kind of input that it judges; absent: texts, and what is no text does not match. */
  readonly kind?: string;
  /** Undefined: not so far, but what is yet to arrive may change that. */
  matches(value: unknown, data: MatchingData): boolean | undefined;
}

/** Most matchers know texts only; what is no text does not match. */
function textMatcher(
  wanted: string,
  matches: (value: string, data: MatchingData) => boolean,
): Compiled<InputMatcher> {
  return {
    ok: true,
    value: {
      wanted,
      matches: (value, data) => typeof value === "string" && matches(value, data),
    },
  };
}

function compileIp({ cidrRanges }: Ip, path: string): Compiled<InputMatcher> {
  const set = compileCidrSet(cidrRanges, fieldPath(path, "cidr_ranges"));
  if (!set.ok) return set;
  const blocks = cidrRanges.map((range) => `${range.addressPrefix}/${range.prefixLen ?? 0}`);
  return textMatcher(`is in ${blocks.join(", ")}`, (value) => set.value.has(value));
}

function compileMetadata({ value, invert }: Metadata, path: string): Compiled<InputMatcher> {
  const at = fieldPath(path, "value");
  if (value === undefined) return refuse(at, "a value match is required");
  const test = compileValueMatcher(value, at);
  if (!test.ok) return test;
  return {
    ok: true,
    value: {
      wanted: `${invert ? "does not have" : "has"} the value asked for`,
      matches: (given) => given instanceof MetadataValue && test.value(given.value) !== invert,
    },
  };
}

/** The share is drawn by a hash of the text, so that one text always gets the same answer. */
function compileFraction({ runtimeFraction, seed }: RuntimeFraction, path: string): Compiled<InputMatcher> {
  const at = fieldPath(path, "runtime_fraction");
  if (runtimeFraction === undefined) return refuse(at, "a fraction is required");
  const { defaultValue, runtimeKey } = runtimeFraction;
  const checked = compileRuntimeFraction(runtimeFraction, at);
  if (!checked.ok) return checked;
  const numerator = defaultValue?.numerator ?? 0;
  const denominator = [100, 10_000, 1_000_000][defaultValue?.denominator ?? 0] ?? 100;
  return textMatcher(`hashes into ${numerator}/${denominator}`, (value, { runtime }) => {
    const drawn = Number(xxHash64(value, seed) % BigInt(denominator));
    return runtimeKey !== "" && runtime !== undefined
      ? runtime.featureEnabled(runtimeKey, numerator, denominator, drawn)
      : drawn < numerator;
  });
}

function compileConsistentHashing(config: ConsistentHashing, path: string): Compiled<InputMatcher> {
  const { threshold, modulo, seed } = config;
  if (modulo === 0) return refuse(fieldPath(path, "modulo"), "must be greater than 0");
  if (threshold > modulo)
    return refuse(
      fieldPath(path, "threshold"),
      `threshold cannot be greater than modulo: ${threshold} > ${modulo}`,
    );
  return textMatcher(
    `hashes to ${threshold} or more of ${modulo}`,
    (value) => Number(xxHash64(value, seed) % BigInt(modulo)) >= threshold,
  );
}

const CUSTOM_MATCHERS: KnownExtensions<InputMatcher> = new Map([
  known<Ip, InputMatcher>(IpSchema, compileIp),
  known<Metadata, InputMatcher>(MetadataSchema, compileMetadata),
  known<RuntimeFraction, InputMatcher>(RuntimeFractionSchema, compileFraction),
  known<ConsistentHashing, InputMatcher>(ConsistentHashingSchema, compileConsistentHashing),
]);

const NO_MATCHERS: KnownExtensions<InputMatcher> = new Map();

/** `SinglePredicate.matcher` of either API. */
export type InputMatcherConfig =
  | { readonly case: "valueMatch"; readonly value: StringMatcherConfig }
  | { readonly case: "customMatch"; readonly value: TypedExtension }
  | { readonly case: undefined; readonly value?: undefined };

/** `path` is where the SinglePredicate stands; `more`: matchers of the caller's own. */
export function compileInputMatcher(
  config: InputMatcherConfig,
  path: string,
  more: KnownExtensions<InputMatcher> = NO_MATCHERS,
): Compiled<InputMatcher> {
  const problems = new ProblemList();
  switch (config.case) {
    case "valueMatch": {
      const text = problems.take(compileStringMatcher(config.value, fieldPath(path, "value_match")));
      return text === undefined
        ? { ok: false, problems: problems.problems }
        : textMatcher(text.wanted, text.matches);
    }
    case "customMatch":
      return compileExtension(
        config.value,
        more.size === 0 ? CUSTOM_MATCHERS : new Map([...CUSTOM_MATCHERS, ...more]),
        "input matcher",
        fieldPath(path, "custom_match"),
      );
    default:
      return refuse(path, "one of value_match and custom_match is required");
  }
}
