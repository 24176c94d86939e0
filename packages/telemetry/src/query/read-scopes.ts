import type { Sql } from "@sluice/database";
import type { ScopeKind, ScopeWindow } from "../contract.ts";
import { windowOf } from "./read-top-scopes.ts";
import { readWindows } from "./read-windows.ts";

export interface ScopesQuery {
  readonly kinds: readonly ScopeKind[];
  readonly names: readonly string[];
  /** Default 10. */
  readonly windowSeconds?: number;
}

/** What the named scopes carry now, of any of the kinds; those that nothing was reported of are left out. */
export async function readScopes(sql: Sql, query: ScopesQuery): Promise<ScopeWindow[]> {
  if (query.names.length === 0) return [];
  const window = await windowOf(sql, { windowSeconds: query.windowSeconds ?? 10 });
  return window === undefined
    ? []
    : await readWindows(sql, { ...window, kinds: query.kinds, names: query.names });
}
