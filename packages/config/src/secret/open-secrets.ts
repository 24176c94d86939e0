import { toBinary } from "@bufbuild/protobuf";
import { messageDescriptor, parseYaml } from "@sluice/xds";
import { inArray } from "drizzle-orm";
import type { Executor } from "../access/executor.ts";
import { KIND_TYPES, type ResourceKind } from "../contract.ts";
import { unseal } from "../envelope/envelope.ts";
import type { KeyRing } from "../envelope/key-ring.ts";
import { secretValue } from "../schema/index.ts";
import { redactJson, type SecretPlace } from "../text/redact.ts";
import { secretPurpose } from "./seal-text.ts";
import { isToken } from "./secret-token.ts";

/** Every value in the JSON of a message that is secret by its place. */
export function secretsInJson(json: unknown): readonly SecretPlace[] {
  const found: SecretPlace[] = [];
  redactJson(json, (place) => {
    found.push(place);
    return place.value;
  });
  return found;
}

export interface StoredMessage {
  readonly kind: ResourceKind;
  /** Of the stored text, with tokens. */
  readonly json: unknown;
  readonly message: Uint8Array;
}

/**
 * The messages with their secrets in plain, for nodes and for the data plane's dry run alone. One without secrets is the very
 * bytes. Throws when a value is missing, or stands in a field that it was not put in.
 */
export async function openSecrets(
  executor: Executor,
  keys: KeyRing,
  stored: readonly StoredMessage[],
): Promise<readonly Uint8Array[]> {
  const tokens = new Set(
    stored.flatMap(({ json }) => secretsInJson(json).map(({ value }) => value)).filter(isToken),
  );
  if (tokens.size === 0) return stored.map(({ message }) => message);
  const rows = await executor
    .select()
    .from(secretValue)
    .where(inArray(secretValue.id, [...tokens]));
  const sealed = new Map(rows.map((row) => [row.id, row.sealed]));
  return stored.map((each) => withValues(each, keys, sealed));
}

function withValues(
  { kind, json, message }: StoredMessage,
  keys: KeyRing,
  sealed: ReadonlyMap<string, string>,
): Uint8Array {
  let opened = 0;
  const plain = redactJson(json, ({ field, encoded, value }) => {
    if (!isToken(value)) return value;
    const text = sealed.get(value);
    if (text === undefined) throw new Error("the database lacks a secret value that a stored text refers to");
    const bytes = unseal(keys, secretPurpose(field, value), text);
    opened++;
    return bytes.toString(encoded ? "base64" : "utf8");
  });
  if (opened === 0) return message;
  const schema = messageDescriptor(KIND_TYPES[kind]);
  const parsed = parseYaml(JSON.stringify(plain), schema);
  // The problems would quote the text: they are not told.
  if (parsed.message === undefined)
    throw new Error(`the stored ${kind} do not parse with their secrets put in`);
  return toBinary(schema, parsed.message);
}
