import { inArray, sql } from "drizzle-orm";
import { parseDocument } from "yaml";
import type { Executor } from "../access/executor.ts";
import { rowsParameter } from "../access/rows-parameter.ts";
import { ConfigError, REDACTED } from "../contract.ts";
import { seal } from "../envelope/envelope.ts";
import type { KeyRing } from "../envelope/key-ring.ts";
import { secretValue } from "../schema/index.ts";
import {
  holdsPrivatePem,
  mayHoldSecrets,
  replaceSecrets,
  type SecretPlace,
  secretsIn,
} from "../text/redact.ts";
import { readHashKey } from "./hash-key.ts";
import { publicKeyOfPrivate } from "./public-key.ts";
import { isToken, tokenOf } from "./secret-token.ts";

export interface SealTextInput {
  readonly yaml: string;
  /** The stored text of the same resource: its tokens may be in `yaml`. Default: none. */
  readonly stored?: string | undefined;
  /** `yaml` is a stored text itself, of a version: any token is good. */
  readonly trusted?: boolean | undefined;
}

interface Sealing {
  readonly ring?: KeyRing | undefined;
  readonly now: () => Date;
}

/** What a secret is sealed for: a value opens in the field that it was put in, and nowhere else. */
export function secretPurpose(field: string, token: string): string {
  return `secret/${field}/${token}`;
}

/**
 * The text as it is stored: each secret value replaced by its token, the value sealed beside it. A placeholder that stands for
 * nothing stays, for the analysis to tell. Throws `invalid`: syntax errors in a text with secrets (what is secret cannot be told
 * from the rest), a private key where no field for one is, a token that is not this resource's.
 */
export async function sealText(executor: Executor, context: Sealing, input: SealTextInput): Promise<string> {
  const [sealed] = await sealTexts(executor, context, [input]);
  return sealed ?? input.yaml;
}

/** The same for many. `store: false`: only tells what the texts would be. */
export async function sealTexts(
  executor: Executor,
  context: Sealing,
  inputs: readonly SealTextInput[],
  { store = true }: { readonly store?: boolean } = {},
): Promise<readonly string[]> {
  const plain = inputs.map(plainSecrets);
  const values = plain.flat().map((place) => ({ field: place.field, bytes: bytesOf(place) }));
  const tokens = values.length === 0 ? [] : await sealValues(executor, context, values, store);
  let next = 0;
  return inputs.map(({ yaml }, index) => {
    const found = plain[index]?.length ?? 0;
    const sealed =
      found === 0 ? yaml : replaceSecrets(yaml, (place) => (isPlain(place) ? tokens[next++] : undefined));
    if (holdsPrivatePem(sealed))
      throw new ConfigError(
        "invalid",
        "a private key stands in the text outside of a field for one; take it out: put it under private_key",
      );
    return sealed;
  });
}

/** In text order. Throws `invalid` where secrets cannot be told, or are another resource's. */
function plainSecrets({ yaml, stored = "", trusted }: SealTextInput): readonly SecretPlace[] {
  if (!mayHoldSecrets(yaml) && !holdsPrivatePem(yaml)) return [];
  refuseUnreadable(yaml);
  const places = secretsIn(yaml);
  if (trusted !== true) refuseForeignTokens(places, stored);
  return places.filter(isPlain);
}

interface SecretBytes {
  readonly field: string;
  readonly bytes: Buffer;
}

/** Their tokens. */
async function sealValues(
  executor: Executor,
  { ring: keys, now }: Sealing,
  values: readonly SecretBytes[],
  store: boolean,
): Promise<readonly string[]> {
  if (keys === undefined)
    throw new ConfigError("invalid", "this server has no secret key to seal secrets with");
  const hashKey = await readHashKey(executor, keys);
  const named = values.map((value) => ({ ...value, token: tokenOf(hashKey, value.field, value.bytes) }));
  if (store) {
    const rows = new Map(
      named.map(({ field, bytes, token }) => [
        token,
        {
          id: token,
          field,
          sealed: seal(keys, secretPurpose(field, token), bytes),
          public_key: field === "private_key" ? (publicKeyOfPrivate(bytes) ?? null) : null,
        },
      ]),
    );
    await executor.execute(sql`
      insert into config.secret_value (id, field, sealed, public_key, used_at)
      select id, field, sealed, public_key, ${now().toISOString()}::timestamptz
      from ${rowsParameter([...rows.values()])} as r(id text, field text, sealed text, public_key text)
      on conflict (id) do update set used_at = excluded.used_at`);
  }
  return named.map(({ token }) => token);
}

function isPlain({ value }: SecretPlace): boolean {
  return value !== "" && !isToken(value) && !REDACTED.test(value.trim());
}

function bytesOf({ field, encoded, value }: SecretPlace): Buffer {
  if (!encoded) return Buffer.from(value);
  const text = value.replace(/\s+/g, "");
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(text))
    throw new ConfigError(
      "invalid",
      `inline_bytes of ${field} is not base64; use inline_string for plain text`,
    );
  return Buffer.from(text, "base64");
}

function refuseUnreadable(yaml: string): void {
  const [error] = parseDocument(yaml).errors;
  if (error === undefined) return;
  const message = error.message.split("\n")[0] ?? "";
  throw new ConfigError(
    "invalid",
    `the text has a syntax error, so that its secrets cannot be told from the rest and sealed; correct it first: ${message}`,
  );
}

function refuseForeignTokens(places: readonly SecretPlace[], stored: string): void {
  const own = new Set(secretsIn(stored).map(({ value }) => value));
  const foreign = places.find(({ value }) => isToken(value) && !own.has(value));
  if (foreign !== undefined)
    throw new ConfigError("invalid", `${foreign.field}: this is no value; put the secret itself there`);
}

/** Throws `invalid` when a token stands in another field than the one whose value it is. */
export async function refuseMovedTokens(executor: Executor, places: readonly SecretPlace[]): Promise<void> {
  const tokens = places.filter(({ value }) => isToken(value));
  if (tokens.length === 0) return;
  const rows = await executor
    .select({ id: secretValue.id, field: secretValue.field })
    .from(secretValue)
    .where(inArray(secretValue.id, [...new Set(tokens.map(({ value }) => value))]));
  const fields = new Map(rows.map(({ id, field }) => [id, field]));
  for (const { field, value } of tokens) {
    const kept = fields.get(value);
    if (kept === field) continue;
    throw new ConfigError(
      "invalid",
      kept === undefined
        ? `the value of ${field} is not stored any more; put the secret itself there`
        : `a placeholder of ${kept} stands in ${field}; put the secret itself there`,
    );
  }
}
