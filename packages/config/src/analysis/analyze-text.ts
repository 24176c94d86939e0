import { type Message, toBinary } from "@bufbuild/protobuf";
import { type ConfigProblem, parseYaml as checkYaml, messageDescriptor } from "@sluice/xds";
import { KIND_TYPES, type ResourceKind } from "../contract.ts";
import { placeholdersIn, redactJson } from "../text/redact.ts";
import type { Analysis } from "./analysis.ts";
import { analyzeCertificates } from "./analyze-certificates.ts";
import { blobHash, sha256 } from "./content-hash.ts";
import { findInMessage } from "./find-in-message.ts";
import { secretMissing } from "./secret-missing.ts";

/** Everything that a text says by itself. */
export interface AnalyzedText {
  readonly kind: ResourceKind;
  readonly yaml: string;
  readonly hash: string;
  /** Undefined when the text has none that could be read. */
  readonly name: string | undefined;
  /** Undefined while there is an error in the text; secrets in plain. */
  readonly json: unknown;
  readonly message: Uint8Array | undefined;
  readonly messageHash: string | undefined;
  readonly analysis: Analysis;
}

/**
 * Parses and checks a text as a resource of `kind`. Pure; a few milliseconds for a typical resource. A redaction placeholder
 * in the text is an error, unless the caller knows what each stands for.
 */
export function analyzeText(
  kind: ResourceKind,
  yaml: string,
  options: { readonly placeholders?: "refused" | "allowed" } = {},
): AnalyzedText {
  const schema = messageDescriptor(KIND_TYPES[kind]);
  const parsed = checkYaml(yaml, schema);
  const problems: ConfigProblem[] = [...parsed.problems];
  const name = nameOf(kind, parsed.partial);
  const at = <T extends { readonly path: string }>(found: T) => {
    const position = parsed.positionOf(found.path);
    return position === undefined ? found : { ...found, position };
  };
  if (
    name === undefined &&
    parsed.partial !== undefined &&
    !problems.some(({ path }) => path === nameField(kind))
  ) {
    problems.push(
      at({ path: nameField(kind), message: `${nameField(kind)} is required`, severity: "error" as const }),
    );
  }
  if (options.placeholders !== "allowed") problems.push(...placeholdersIn(yaml).map(secretMissing));
  const found =
    parsed.partial === undefined
      ? { references: [], extensions: [], addresses: [] }
      : findInMessage(schema, parsed.partial);
  const whole = problems.some(({ severity }) => severity === "error") ? undefined : parsed.message;
  const message = whole === undefined ? undefined : toBinary(schema, whole);
  return {
    kind,
    yaml,
    hash: blobHash(kind, yaml),
    name,
    json: parsed.message === undefined ? undefined : parsed.json,
    message,
    messageHash: message === undefined ? undefined : sha256(message),
    analysis: {
      problems,
      references: found.references.map(at),
      extensions: found.extensions.map(at),
      addresses: found.addresses.map(at),
      certificates: analyzeCertificates(parsed.message === undefined ? undefined : parsed.json).map(at),
    },
  };
}

/** JSON for people: secrets redacted. */
export function shownJson(json: unknown): unknown {
  return json === undefined || json === null ? undefined : redactJson(json);
}

/** The field that names a resource of this kind. */
export function nameField(kind: ResourceKind): string {
  return kind === "endpoints" ? "cluster_name" : "name";
}

function nameOf(kind: ResourceKind, message: Message | undefined): string | undefined {
  const names = message as { readonly name?: string; readonly clusterName?: string } | undefined;
  const name = kind === "endpoints" ? names?.clusterName : names?.name;
  return name === "" ? undefined : name;
}
