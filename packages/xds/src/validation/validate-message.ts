import type { DescField, DescMessage, Message } from "@bufbuild/protobuf";
import { type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import type { Any } from "@bufbuild/protobuf/wkt";
import type { ConfigProblem } from "../config-problem.ts";
import { unpackAny } from "../registry/any.ts";
import { messageDescriptor } from "../registry/api-registry.ts";
import { typeNameOf } from "../registry/unknown-type.ts";
import { fieldPath } from "../text/reader.ts";
import { deprecationOf, valueDeprecationOf } from "./deprecation.ts";
import { type FieldRules, isRequired, rulesOf } from "./field-rules.ts";
import type { Check } from "./range-check.ts";
import { valueCheck } from "./value-check.ts";

/** As deep as Envoy's own readers go; deeper messages only a hostile sender makes. */
const DEPTH_MAX = 100;

/**
 * Every violation of the API's own rules (protoc-gen-validate's options in the descriptors) in `message` and all that it
 * holds, extensions in Any and TypedStruct included; deprecated fields and values as warnings, those that Envoy disallows
 * by default as errors; fields that this version of the API does not have as warnings, as Envoy treats what xDS sends.
 * Paths are proto field names from the message, an Any's content directly under the Any's field.
 */
export function validateMessage(type: DescMessage | string, message: Message): ConfigProblem[] {
  const validator = new Validator();
  validator.visit(reflect(messageDescriptor(type), message), "", 0);
  return validator.problems;
}

class Validator {
  readonly problems: ConfigProblem[] = [];
  /** What is being visited belongs to a policy. */
  private unruled = false;

  visit(message: ReflectMessage, path: string, depth: number): void {
    const { desc } = message;
    if (depth > DEPTH_MAX) {
      this.report(path, `nested deeper than ${DEPTH_MAX} levels`);
      return;
    }
    const unknown = message.message.$unknown?.[0];
    if (unknown !== undefined) {
      this.report(path, `field number ${unknown.no} is not in this version of ${desc.typeName}`, "warning");
    }
    for (const { field, name, checks } of plan(desc).fields) {
      this.visitField(message, field, fieldPath(path, name), checks, depth);
    }
    for (const oneof of plan(desc).requiredOneofs) {
      if (oneof.fields.some((field) => message.isSet(field))) continue;
      this.report(path, `one of ${oneof.fields.map((field) => `'${field.name}'`).join(", ")} must be set`);
    }
  }

  private visitField(
    message: ReflectMessage,
    field: DescField,
    path: string,
    checks: FieldChecks,
    depth: number,
  ): void {
    const isSet = message.isSet(field);
    if (isSet && checks.deprecation !== undefined) {
      this.problems.push({ path, ...checks.deprecation });
    }
    if (field.fieldKind === "list") this.visitList(message.get(field), path, checks, depth);
    else if (field.fieldKind === "map") this.visitMap(message.get(field), path, checks, depth);
    else if (field.fieldKind === "message") {
      if (isSet) this.visitItem(message.get(field), path, checks, depth);
      else if (checks.required && field.oneof === undefined) this.report(path, "must be set");
    } else if (isSet || !hasPresence(field)) {
      this.visitItem(message.get(field), path, checks, depth);
    }
  }

  private visitList(
    list: Iterable<unknown> & { readonly size: number },
    path: string,
    checks: FieldChecks,
    depth: number,
  ): void {
    this.checkCount(list.size, path, checks, "item");
    const seen = new Set<unknown>();
    let index = 0;
    for (const item of list) {
      const itemPath = `${path}[${index++}]`;
      this.visitItem(item, itemPath, checks, depth);
      if (checks.rules.repeated?.unique !== true) continue;
      const key = item instanceof Uint8Array ? Buffer.from(item).toString("base64") : item;
      if (seen.has(key)) this.report(itemPath, "must not be there twice");
      seen.add(key);
    }
  }

  private visitMap(
    map: ReadonlyMap<unknown, unknown>,
    path: string,
    checks: FieldChecks,
    depth: number,
  ): void {
    this.checkCount(map.size, path, checks, "entry");
    for (const [key, value] of map) {
      const entryPath = `${path}[${String(key)}]`;
      for (const text of checks.key(key)) this.report(entryPath, `the key ${text}`);
      this.visitItem(value, entryPath, checks, depth);
    }
  }

  private checkCount(count: number, path: string, checks: FieldChecks, unit: "item" | "entry"): void {
    const { repeated, map } = checks.rules;
    if (count === 0 && (repeated?.ignoreEmpty === true || map?.ignoreEmpty === true)) return;
    const least = Number(repeated?.minItems ?? map?.minPairs ?? 0);
    const most = Number(repeated?.maxItems ?? map?.maxPairs ?? Number.POSITIVE_INFINITY);
    const name = (number: number): string =>
      number === 1 ? `1 ${unit}` : `${number} ${unit === "item" ? "items" : "entries"}`;
    if (count < least)
      this.report(path, least === 1 ? "must not be empty" : `must have at least ${name(least)}`);
    if (count > most) this.report(path, `must have at most ${name(most)}`);
  }

  private visitItem(item: unknown, path: string, checks: FieldChecks, depth: number): void {
    if (!isReflected(item)) {
      for (const text of checks.value(item)) this.report(path, text);
      const value = checks.field.enum?.value[Number(item)];
      const deprecation = value === undefined ? undefined : valueDeprecationOf(value);
      if (deprecation !== undefined) this.problems.push({ path, ...deprecation });
      return;
    }
    for (const text of checks.value(plainValue(item))) this.report(path, text);
    if (checks.skip || UNRULED.test(item.desc.typeName)) return;
    if (item.desc.typeName === "google.protobuf.Any") this.visitAny(asAny(item), path, checks, depth);
    else this.visit(item, path, depth + 1);
  }

  private visitAny(any: Any, path: string, { rules }: FieldChecks, depth: number): void {
    const { in: allowed, notIn: refused } = rules.any ?? {};
    if (allowed !== undefined && !allowed.includes(any.typeUrl)) {
      this.report(path, `the type must be one of ${allowed.join(", ")}`);
    }
    if (refused?.includes(any.typeUrl) === true) this.report(path, `the type must not be ${any.typeUrl}`);
    if (any.typeUrl === "" && any.value.length === 0) return;
    const unpacked = unpackAny(any);
    if (!unpacked.ok) {
      if (unpacked.reason === "unknown_type" && ONE_OF_SEVERAL.test(path)) return;
      this.report(path, unpacked.message);
      return;
    }
    const within = unpacked.typeName === typeNameOf(any) ? path : fieldPath(path, "value");
    const before = this.unruled;
    if (ONE_OF_SEVERAL.test(path)) this.unruled = unpacked.typeName !== RULED_POLICY;
    this.visit(reflect(unpacked.schema, unpacked.message), within, depth + 1);
    this.unruled = before;
  }

  private report(path: string, message: string, severity: "error" | "warning" = "error"): void {
    if (this.unruled && severity === "error") return;
    this.problems.push({ path, message, severity });
  }
}

/**
 * Of a LoadBalancingPolicy's policies the first that is known is taken: the others may be of any type. Envoy holds but one to the
 * API's rules; what the others cannot do without they say themselves.
 */
const ONE_OF_SEVERAL = /(?:^|\.)policies\[\d+\]\.typed_extension_config\.typed_config$/;

const RULED_POLICY = "envoy.extensions.load_balancing_policies.override_host.v3.OverrideHost";

/** Their values are checked by the rules of the field that holds them; they have none inside. */
const UNRULED = /^google\.protobuf\.(?!Any$)/;

interface FieldChecks {
  readonly field: DescField;
  readonly rules: FieldRules;
  readonly required: boolean;
  readonly skip: boolean;
  /** For the value, each item or each map value. */
  readonly value: Check<unknown>;
  readonly key: Check<unknown>;
  readonly deprecation: ReturnType<typeof deprecationOf>;
}

interface MessagePlan {
  readonly fields: readonly {
    readonly field: DescField;
    readonly name: string;
    readonly checks: FieldChecks;
  }[];
  readonly requiredOneofs: DescMessage["oneofs"];
}

const plans = new WeakMap<DescMessage, MessagePlan>();

/** What to look at in messages of a type, worked out once. */
function plan(desc: DescMessage): MessagePlan {
  let known = plans.get(desc);
  if (known === undefined) {
    known = {
      fields: desc.fields.map((field) => ({ field, name: field.name, checks: planField(field) })),
      requiredOneofs: desc.oneofs.filter(isRequired),
    };
    plans.set(desc, known);
  }
  return known;
}

function planField(field: DescField): FieldChecks {
  const rules = rulesOf(field);
  const valueRules =
    field.fieldKind === "list"
      ? (rules.repeated?.items ?? {})
      : field.fieldKind === "map"
        ? (rules.map?.values ?? {})
        : rules;
  const { message, any, duration, timestamp } = rules;
  return {
    field,
    rules,
    required: [message, any, duration, timestamp].some((rule) => rule?.required === true),
    skip: message?.skip === true || valueRules.message?.skip === true,
    value: valueCheck(field, valueRules),
    key: rules.map?.keys === undefined ? () => [] : valueCheck({ enum: undefined }, rules.map.keys),
    deprecation: deprecationOf(field),
  };
}

/** A wrapper's value, what else a message is as it is. */
function plainValue({ desc, message }: ReflectMessage): unknown {
  return desc.typeName.startsWith("google.protobuf.") && "value" in message && desc.typeName.endsWith("Value")
    ? message.value
    : message;
}

/** Unset fields without presence have their default value, which the rules apply to. */
function hasPresence(field: DescField): boolean {
  return field.oneof !== undefined || field.proto.proto3Optional;
}

function isReflected(item: unknown): item is ReflectMessage {
  return typeof item === "object" && item !== null && "desc" in item && "message" in item;
}

/** The caller has checked the type's name. */
function asAny({ message }: ReflectMessage): Any {
  return message as Any;
}
