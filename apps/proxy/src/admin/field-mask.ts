import type { DescMessage } from "@bufbuild/protobuf";
import { messageDescriptor } from "@sluice/xds";
import type { Section } from "./config-dump-section.ts";

const ANY = "google.protobuf.Any";

/**
 * Keeps only the paths of a google.protobuf.FieldMask (`bootstrap.node,last_updated`) of a message that is shown with its type;
 * undefined: a path that the type does not have. A path goes through messages, not through lists.
 */
export function masked(section: Section, mask: string): Section | undefined {
  const descriptor = descriptorOf(section);
  const out: Section = { "@type": section["@type"] };
  for (const path of mask.split(",")) {
    if (descriptor === undefined || !hasPath(descriptor, path.split("."))) return undefined;
    copyPath(section, out, path.split("."));
  }
  return out;
}

/** As `masked`, but a path may go on in the message that an Any holds. */
export function maskedResource(resource: Section, mask: string): Section | undefined {
  const descriptor = descriptorOf(resource);
  const out: Section = { "@type": resource["@type"] };
  for (const path of mask.split(",")) {
    const [head = "", ...rest] = path.split(".");
    const field = descriptor?.fields.find(({ name }) => name === head);
    if (field?.fieldKind !== "message" || field.message.typeName !== ANY) {
      if (descriptor === undefined || !hasPath(descriptor, [head, ...rest])) return undefined;
      copyPath(resource, out, [head, ...rest]);
      continue;
    }
    const inner = resource[head];
    if (!isSection(inner)) continue;
    const type = descriptorOf(inner);
    if (type === undefined || !hasPath(type, rest)) return undefined;
    copyPath(resource, out, [head, ...rest]);
  }
  return out;
}

export function descriptorOf(section: Section): DescMessage | undefined {
  const type = section["@type"];
  return typeof type === "string" ? messageDescriptor(type.slice(type.indexOf("/") + 1)) : undefined;
}

function hasPath(type: DescMessage, [head = "", ...rest]: readonly string[]): boolean {
  const field = type.fields.find(({ name }) => name === head);
  if (field === undefined) return false;
  return rest.length === 0 || (field.fieldKind === "message" && hasPath(field.message, rest));
}

function copyPath(from: Section, to: Section, [head = "", ...rest]: readonly string[]): void {
  const value = from[head];
  if (rest.length === 0) {
    if (value !== undefined) to[head] = value;
    return;
  }
  if (!isSection(value)) return;
  const known = to[head];
  const inner: Section = isSection(known) ? known : "@type" in value ? { "@type": value["@type"] } : {};
  copyPath(value, inner, rest);
  to[head] = inner;
}

const isSection = (value: unknown): value is Section =>
  typeof value === "object" && value !== null && !Array.isArray(value);
