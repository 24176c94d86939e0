import { isMap, isScalar, isSeq, type Node, parseDocument, type Scalar } from "yaml";
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
  for (const [index, scalar] of found.entries()) {
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
  const values = stored === undefined ? [] : secretScalars(stored).map((scalar) => String(scalar.value));
  const missing: string[] = [];
  let text = "";
  let end = 0;
  for (const scalar of secretScalars(next)) {
    const match = PLACEHOLDER.exec(String(scalar.value).trim());
    if (match === null) continue;
    const value = values[Number(match[1] ?? 0) - 1];
    if (value === undefined) {
      missing.push(match[0]);
      continue;
    }
    const [from, to] = valueRange(scalar);
    text += `${next.slice(end, from)}${JSON.stringify(value)}${next.slice(from, to).endsWith("\n") ? "\n" : ""}`;
    end = to;
  }
  return { yaml: text + next.slice(end), missing };
}

/** The placeholders that stand where a secret's value is expected. */
export function placeholdersIn(yaml: string): readonly string[] {
  return secretScalars(yaml)
    .map((scalar) => String(scalar.value).trim())
    .filter((value) => PLACEHOLDER.test(value));
}

/** The same for JSON; `label` says what stands in a value's place. */
export function redactJson(json: unknown, label: (value: string) => string = () => "[redacted]"): unknown {
  return redactValue(json, false, label);
}

function redactValue(value: unknown, inSource: boolean, label: (value: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => redactValue(item, inSource, label));
  if (typeof value !== "object" || value === null) return value;
  const hidden: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    const name = snakeCase(key);
    hidden[key] =
      typeof item === "string" && (SENSITIVE_TEXTS.has(name) || (inSource && INLINE.has(name)))
        ? label(item)
        : redactValue(item, inSource || SENSITIVE_SOURCES.has(name), label);
  }
  return hidden;
}

/** In text order. A text with syntax errors gives what could still be read. */
function secretScalars(yaml: string): readonly Scalar[] {
  if (!mayHoldSecrets(yaml)) return [];
  const found: Scalar[] = [];
  collect(parseDocument(yaml).contents, false, found);
  return found.sort((a, b) => valueRange(a)[0] - valueRange(b)[0]);
}

function collect(node: Node | null, inSource: boolean, found: Scalar[]): void {
  if (isSeq(node)) for (const item of node.items) collect(item as Node | null, inSource, found);
  if (!isMap(node)) return;
  for (const pair of node.items) {
    const name = isScalar(pair.key) ? snakeCase(String(pair.key.value)) : "";
    const value = pair.value as Node | null;
    if (isScalar(value) && (SENSITIVE_TEXTS.has(name) || (inSource && INLINE.has(name)))) {
      if (value.value !== null && value.range) found.push(value);
    } else {
      collect(value, inSource || SENSITIVE_SOURCES.has(name), found);
    }
  }
}

function mayHoldSecrets(yaml: string): boolean {
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
