import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { messageDescriptor } from "../registry/api-registry.ts";
import { deprecationOf, valueDeprecationOf } from "../validation/deprecation.ts";
import { type FieldRules, isRequired, rulesOf } from "../validation/field-rules.ts";
import { documentationOf, isHidden, slotOf } from "./comments.ts";
import { rulesText } from "./rules-text.ts";

/** A message type, as plain JSON: enough to draw a form, complete names and explain a field. */
export interface TypeDescription {
  readonly typeName: string;
  /** The last word of `typeName`. */
  readonly name: string;
  /** Plain text, "" when there is none. */
  readonly documentation: string;
  /** In the API's order. */
  readonly fields: readonly FieldDescription[];
  /** Groups of which at most one field can be set; when `required`, one must. */
  readonly oneofs: readonly {
    readonly name: string;
    readonly required: boolean;
    readonly fields: readonly string[];
  }[];
}

export type FieldKind =
  | "string"
  | "bool"
  | "bytes"
  | "int32"
  | "int64"
  | "uint32"
  | "uint64"
  | "float"
  | "double"
  | "enum"
  | "message"
  /** An extension: `@type` and that message's fields. */
  | "any"
  /** Written as "0.25s". */
  | "duration"
  /** Written as RFC 3339. */
  | "timestamp"
  /** Any JSON: an object, any value, a list. */
  | "struct"
  | "value"
  | "list_value";

export interface FieldDescription {
  /** Proto name, snake_case. */
  readonly name: string;
  readonly kind: FieldKind;
  readonly cardinality: "singular" | "repeated" | "map";
  /** Of a map. */
  readonly keyKind: FieldKind | undefined;
  /** Unset and default value differ (wrappers, messages, `optional`, members of a oneof). */
  readonly hasPresence: boolean;
  /** Name of the oneof that it belongs to. */
  readonly oneof: string | undefined;
  /** Full name, for kind `message`: what to describe next. */
  readonly messageName: string | undefined;
  readonly enumName: string | undefined;
  readonly enumValues: readonly EnumValueDescription[];
  /** The value that unset means in proto3 (not what Envoy then does: see `documentation`); undefined with presence. */
  readonly defaultValue: string | number | boolean | undefined;
  readonly required: boolean;
  readonly rules: FieldRules;
  /** `rules` for people. */
  readonly rulesText: readonly string[];
  /** `disallowed`: refused. */
  readonly deprecated: "no" | "deprecated" | "disallowed";
  /** Envoy itself does not implement it. */
  readonly notImplemented: boolean;
  /** Categories for `extensionTypes`, for fields that hold an extension and say which. */
  readonly extensionCategories: readonly string[];
  readonly documentation: string;
}

export interface EnumValueDescription {
  readonly name: string;
  readonly number: number;
  readonly deprecated: "no" | "deprecated" | "disallowed";
  readonly documentation: string;
}

const known = new WeakMap<DescMessage, TypeDescription>();

/** Throws when the API has no such message. */
export function describeType(type: DescMessage | string): TypeDescription {
  const schema = messageDescriptor(type);
  let description = known.get(schema);
  if (description === undefined) {
    description = {
      typeName: schema.typeName,
      name: schema.name,
      documentation: documentationOf(schema.typeName),
      fields: schema.fields.map(describeField),
      oneofs: schema.oneofs.map((oneof) => ({
        name: oneof.name,
        required: isRequired(oneof),
        fields: oneof.fields.map((field) => field.name),
      })),
    };
    known.set(schema, description);
  }
  return description;
}

function describeField(field: DescField): FieldDescription {
  const fullName = `${field.parent.typeName}.${field.name}`;
  const rules = rulesOf(field);
  const kind = kindOf(field);
  const texts = rulesText(rules);
  const hasPresence =
    (field.fieldKind === "message" || field.oneof !== undefined || field.proto.proto3Optional) &&
    field.fieldKind !== "list" &&
    field.fieldKind !== "map";
  const deprecation = deprecationOf(field);
  return {
    name: field.name,
    kind,
    cardinality: field.fieldKind === "list" ? "repeated" : field.fieldKind === "map" ? "map" : "singular",
    keyKind: field.fieldKind === "map" ? scalarKind(field.mapKey) : undefined,
    hasPresence,
    oneof: field.oneof?.name,
    messageName: kind === "message" ? field.message?.typeName : undefined,
    enumName: field.enum?.typeName,
    enumValues: (field.enum?.values ?? []).map((value) => ({
      name: value.name,
      number: value.number,
      deprecated: standing(valueDeprecationOf(value)),
      documentation: documentationOf(`${field.enum?.typeName}.${value.name}`),
    })),
    defaultValue: hasPresence ? undefined : defaultOf(field),
    required: isFieldRequired(rules),
    rules,
    rulesText: texts,
    deprecated: standing(deprecation),
    notImplemented: isHidden(fullName),
    extensionCategories: categoriesOf(field, fullName),
    documentation: documentationOf(fullName),
  };
}

/** Left out, the message would break a rule. */
function isFieldRequired({ message, any, duration, timestamp, string, repeated, map }: FieldRules): boolean {
  if ([message, any, duration, timestamp].some((rule) => rule?.required === true)) return true;
  const least = Number(string?.minLen ?? string?.minBytes ?? 0);
  if (least > 0 && string?.ignoreEmpty !== true) return true;
  return Number(repeated?.minItems ?? map?.minPairs ?? 0) > 0;
}

function standing(
  deprecation: { readonly severity: "error" | "warning" } | undefined,
): "no" | "deprecated" | "disallowed" {
  if (deprecation === undefined) return "no";
  return deprecation.severity === "error" ? "disallowed" : "deprecated";
}

const SPECIAL: Readonly<Record<string, FieldKind>> = {
  "google.protobuf.Any": "any",
  "google.protobuf.Duration": "duration",
  "google.protobuf.Timestamp": "timestamp",
  "google.protobuf.Struct": "struct",
  "google.protobuf.Value": "value",
  "google.protobuf.ListValue": "list_value",
  "google.protobuf.FieldMask": "string",
};

/** Wrappers count as what they wrap. */
function kindOf(field: DescField): FieldKind {
  if (field.enum !== undefined) return "enum";
  if (field.message === undefined) return scalarKind(field.scalar);
  const special = SPECIAL[field.message.typeName];
  if (special !== undefined) return special;
  const [wrapped] = field.message.fields;
  return field.message.typeName.startsWith("google.protobuf.") &&
    field.message.name.endsWith("Value") &&
    wrapped?.fieldKind === "scalar"
    ? scalarKind(wrapped.scalar)
    : "message";
}

function scalarKind(type: ScalarType | undefined): FieldKind {
  switch (type) {
    case ScalarType.BOOL:
      return "bool";
    case ScalarType.BYTES:
      return "bytes";
    case ScalarType.FLOAT:
      return "float";
    case ScalarType.DOUBLE:
      return "double";
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
      return "int32";
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return "uint32";
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return "int64";
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return "uint64";
    default:
      return "string";
  }
}

function defaultOf(field: DescField): string | number | boolean | undefined {
  if (field.fieldKind === "enum") return field.enum.values.find((value) => value.number === 0)?.name;
  if (field.fieldKind !== "scalar") return undefined;
  const kind = scalarKind(field.scalar);
  if (kind === "bool") return false;
  if (kind === "string" || kind === "bytes") return "";
  return kind.endsWith("64") ? "0" : 0;
}

/** A slot's comment may stand at the field that holds the wrapping message (`transport_socket`) or at the Any in it. */
function categoriesOf(field: DescField, fullName: string): readonly string[] {
  const told = slotOf(fullName);
  if (told.length > 0) return told;
  if (field.message?.typeName === "envoy.config.core.v3.TransportSocket") {
    return [
      fullName.startsWith("envoy.config.listener.")
        ? "envoy.transport_sockets.downstream"
        : "envoy.transport_sockets.upstream",
    ];
  }
  return [];
}
