import { type Document, isAlias, isMap, isScalar, isSeq, type Node, parseDocument, type Scalar } from "yaml";
import { snakeCase } from "./field-path.ts";

/**
 * Names of fields that Envoy's API marks `sensitive` (as of 1.40) and that hold a DataSource, alone or in a list or map:
 * the inline text in them is hidden, a file name is not. Goes by name, so that it works on texts that are no valid resource.
 */
const SENSITIVE_SOURCES = new Set([
  "private_key",
  "pkcs12",
  "password",
  "keys",
  "secret",
  "secrets",
  "secret_data",
  "web_identity_token_data_source",
  "credentials_data_source",
  "users",
  "downstream_auth_password",
  "downstream_auth_passwords",
  "downstream_auth_username",
  "auth_password",
  "auth_username",
]);
const SENSITIVE_TEXTS = new Set(["backend_token", "secret_access_key", "session_token"]);
const INLINE = new Set(["inline_string", "inline_bytes"]);
const PRIVATE_PEM = /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)/g;
const PLACEHOLDER = /^\[redacted(?: (\d+))?\]$/;

/** The text with every secret value replaced by `[redacted n]`; the rest as it was. */
export function redactYaml(text: string): string {
  const yaml = hidePem(text);
  const found = secretScalars(yaml);
  let shown = "";
  let end = 0;
  for (const [index, { scalar }] of found.entries()) {
    const [from, to] = valueRange(scalar);
    shown += `${yaml.slice(end, from)}"[redacted ${index + 1}]"${yaml.slice(from, to).endsWith("\n") ? "\n" : ""}`;
    end = to;
  }
  return shown + yaml.slice(end);
}

/**
 * `next`, with its placeholders replaced by the values that they stand for in `stored`: the text that `redactYaml` was
 * shown for. Returns which placeholders stand for nothing.
 */
export function restoreSecrets(
  next: string,
  stored: string | undefined,
): { readonly yaml: string; readonly missing: readonly string[] } {
  if (stored !== undefined && next === redactYaml(stored)) return { yaml: stored, missing: [] };
  const values = stored === undefined ? [] : secretScalars(stored).map(({ scalar }) => String(scalar.value));
  const missing: string[] = [];
  const yaml = replaceSecrets(next, ({ value }) => {
    const match = PLACEHOLDER.exec(value.trim());
    if (match === null) return undefined;
    const restored = values[Number(match[1] ?? 0) - 1];
    if (restored === undefined) missing.push(match[0]);
    return restored;
  });
  return { yaml, missing };
}

/** A value in a text that is secret by its place. */
export interface SecretPlace {
  /** The sensitive field, in snake_case: `private_key`. */
  readonly field: string;
  /** The value is base64. */
  readonly encoded: boolean;
  readonly value: string;
}

/** In text order; values as they stand there. */
export function secretsIn(yaml: string): readonly SecretPlace[] {
  return secretScalars(yaml).map(placeOf);
}

/** The text with secret values replaced by what `replace` answers; undefined leaves one as it is. */
export function replaceSecrets(yaml: string, replace: (place: SecretPlace) => string | undefined): string {
  let text = "";
  let end = 0;
  for (const found of secretScalars(yaml)) {
    const value = replace(placeOf(found));
    if (value === undefined) continue;
    const [from, to] = valueRange(found.scalar);
    text += `${yaml.slice(end, from)}${JSON.stringify(value)}${yaml.slice(from, to).endsWith("\n") ? "\n" : ""}`;
    end = to;
  }
  return text + yaml.slice(end);
}

/** Whether a private key's PEM block stands anywhere in the text. */
export function holdsPrivatePem(text: string): boolean {
  return text.search(PRIVATE_PEM) !== -1;
}

/** The placeholders that stand where a secret's value is expected. */
export function placeholdersIn(yaml: string): readonly string[] {
  return secretScalars(yaml)
    .map(({ scalar }) => String(scalar.value).trim())
    .filter((value) => PLACEHOLDER.test(value));
}

/** The same for JSON; `label` says what stands in a value's place. */
export function redactJson(
  json: unknown,
  label: (place: SecretPlace) => string = () => "[redacted]",
): unknown {
  return redactValue(json, undefined, label);
}

function redactValue(
  value: unknown,
  source: string | undefined,
  label: (place: SecretPlace) => string,
): unknown {
  if (Array.isArray(value)) return value.map((item) => redactValue(item, source, label));
  if (typeof value !== "object" || value === null) return value;
  const hidden: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    const name = snakeCase(key);
    const field = fieldOf(name, source);
    hidden[key] =
      typeof item === "string" && field !== undefined
        ? label({ field, encoded: name === "inline_bytes", value: item })
        : redactValue(item, SENSITIVE_SOURCES.has(name) ? name : source, label);
  }
  return hidden;
}

/** The sensitive field that a plain value called `name` belongs to, inside of `source`. */
function fieldOf(name: string, source: string | undefined): string | undefined {
  if (SENSITIVE_TEXTS.has(name)) return name;
  return INLINE.has(name) ? source : undefined;
}

interface FoundScalar {
  readonly scalar: Scalar;
  readonly field: string;
  readonly encoded: boolean;
}

function placeOf({ scalar, field, encoded }: FoundScalar): SecretPlace {
  return { field, encoded, value: String(scalar.value) };
}

/** In text order, each once. A text with syntax errors gives what could still be read. */
function secretScalars(yaml: string): readonly FoundScalar[] {
  if (!mayHoldSecrets(yaml)) return [];
  const document = parseDocument(yaml);
  const found = new Map<Scalar, FoundScalar>();
  collect(document, document.contents, undefined, found, 0);
  return [...found.values()].sort((a, b) => valueRange(a.scalar)[0] - valueRange(b.scalar)[0]);
}

// As deep as no resource is; an alias may stand inside of its own anchor.
const DEPTH_MAX = 100;

function collect(
  document: Document,
  given: Node | null,
  source: string | undefined,
  found: Map<Scalar, FoundScalar>,
  depth: number,
): void {
  if (depth > DEPTH_MAX) return;
  const node = resolved(document, given);
  if (isSeq(node))
    for (const item of node.items) collect(document, item as Node | null, source, found, depth + 1);
  if (!isMap(node)) return;
  for (const pair of node.items) {
    const name = isScalar(pair.key) ? snakeCase(String(pair.key.value)) : "";
    const value = resolved(document, pair.value as Node | null);
    const field = fieldOf(name, source);
    if (isScalar(value) && field !== undefined) {
      if (value.value !== null && value.range && !found.has(value))
        found.set(value, { scalar: value, field, encoded: name === "inline_bytes" });
    } else {
      collect(document, value, SENSITIVE_SOURCES.has(name) ? name : source, found, depth + 1);
    }
  }
}

/** What an alias stands for: there the value is written. */
function resolved(document: Document, node: Node | null): Node | null {
  return isAlias(node) ? (node.resolve(document) ?? null) : node;
}

/** Whether a field of those stands in the text, read or not. */
export function mayHoldSecrets(yaml: string): boolean {
  return /inline_?(?:string|bytes)|backend_?token|secret_?access_?key|session_?token/i.test(yaml);
}

function valueRange(scalar: Scalar): readonly [number, number] {
  return scalar.range ? [scalar.range[0], scalar.range[1]] : [0, 0];
}

// Only where the text has syntax errors: there a key may stand outside of anything that could be read as a field.
function hidePem(text: string): string {
  if (!text.includes("PRIVATE KEY-----") || parseDocument(text).errors.length === 0) return text;
  return text.replace(PRIVATE_PEM, "[redacted]");
}
