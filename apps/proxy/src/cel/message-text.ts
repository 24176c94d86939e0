import { type DescEnum, type DescField, ScalarType } from "@bufbuild/protobuf";
import { isReflectMessage, type ReflectMessage } from "@bufbuild/protobuf/reflect";

/** protobuf's text format in one line, as Envoy prints messages: each field is followed by a blank. Octets. */
export function messageText(message: ReflectMessage): string {
  let out = "";
  for (const field of [...message.sortedFields]) if (message.isSet(field)) out += fieldText(message, field);
  return out;
}

function fieldText(message: ReflectMessage, field: DescField): string {
  switch (field.fieldKind) {
    case "list": {
      let out = "";
      for (const item of message.get(field)) out += entry(field.name, item, field.scalar, field.enum);
      return out;
    }
    case "map": {
      const entries: string[] = [];
      for (const [key, value] of message.get(field))
        entries.push(
          `${entry("key", key, field.mapKey, undefined)}${entry("value", value, field.scalar, field.enum)}`,
        );
      // Envoy has them in the order of their keys.
      return entries
        .sort()
        .map((inner) => `${field.name} { ${inner}} `)
        .join("");
    }
    case "scalar":
      return entry(field.name, message.get(field), field.scalar, undefined);
    case "enum":
      return entry(field.name, message.get(field), undefined, field.enum);
    default:
      return entry(field.name, message.get(field), undefined, undefined);
  }
}

function entry(
  name: string,
  value: unknown,
  scalar: ScalarType | undefined,
  enumeration: DescEnum | undefined,
): string {
  if (isReflectMessage(value)) return `${name} { ${messageText(value)}} `;
  if (enumeration !== undefined) {
    const known = enumeration.values.find((one) => one.number === value);
    return `${name}: ${known?.name ?? String(value)} `;
  }
  if (scalar === ScalarType.STRING) return `${name}: "${escaped(Buffer.from(String(value)))}" `;
  if (scalar === ScalarType.BYTES) return `${name}: "${value instanceof Uint8Array ? escaped(value) : ""}" `;
  return `${name}: ${String(value)} `;
}

const ESCAPES: Readonly<Record<number, string>> = {
  9: "\\t",
  10: "\\n",
  13: "\\r",
  34: '\\"',
  39: "\\'",
  92: "\\\\",
};

/** As C writes a string: what is no printable ASCII as three octal digits. */
function escaped(octets: Uint8Array): string {
  let out = "";
  for (const octet of octets) {
    const plain = octet >= 0x20 && octet < 0x7f ? String.fromCharCode(octet) : undefined;
    out += ESCAPES[octet] ?? plain ?? `\\${octet.toString(8).padStart(3, "0")}`;
  }
  return out;
}
