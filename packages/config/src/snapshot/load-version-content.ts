import type { Context, ResourceKind } from "../contract.ts";

export interface ContentResource {
  readonly name: string;
  /** SHA-256 of the encoded message, hex. */
  readonly hash: string;
  /** The encoded message (of `KIND_TYPES[kind]`), secrets in plain. */
  readonly value: Uint8Array;
}

export interface KindContent {
  /** SHA-256 over names and hashes: equal exactly when the resources are. */
  readonly hash: string;
  readonly resources: ReadonlyMap<string, ContentResource>;
}

export interface VersionContent {
  readonly number: number;
  /** `Version.hash`. */
  readonly hash: string;
  /** Each kind is present; one that equals `previous`' is that very object. */
  readonly kinds: Readonly<Record<ResourceKind, KindContent>>;
}

/** What the nodes get, for the control plane's snapshot. With `previous`, only resources that it does not have are read,
 * and equal parts are shared by identity. `not_found`. Takes no role: never hand its result to a user. */
export async function loadVersionContent(
  context: Pick<Context, "sql">,
  number: number,
  previous?: VersionContent,
): Promise<VersionContent> {
  throw new Error("being built");
}
