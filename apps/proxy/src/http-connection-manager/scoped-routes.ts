import type { HeaderMap } from "@sluice/extension-api";
import type { RouteTable } from "@sluice/matching";
import type { RoutePayload } from "../route/route-payload.ts";

/** A route table that RDS may replace; `undefined` before it has arrived. */
export interface RouteSource {
  current: RouteTable<RoutePayload> | undefined;
  /** Asks for what a request did not find here, where that is possible; answers how to give up waiting. */
  readonly fetch?: FetchRoutes;
}

/**
 * Fetches the routes (of an on-demand scope) or the virtual host of a host. `done` runs once, behind whatever came.
 * `undefined`: there is nothing to be fetched.
 */
export type FetchRoutes = (headers: HeaderMap, done: () => void) => (() => void) | undefined;

/** Takes one part of a scope's key out of a header (`ScopeKeyBuilder.FragmentBuilder`). */
export interface ScopeKeyFragment {
  /** Lower case. */
  readonly header: string;
  /** "": the value is one element. */
  readonly elementSeparator: string;
  readonly pick:
    | { readonly kind: "index"; readonly index: number }
    | { readonly kind: "element"; readonly separator: string; readonly key: string };
}

/** `scoped_routes`: a request's headers make a key, and the scope of that key has the routes. */
export class ScopedRoutes {
  private readonly fragments: readonly ScopeKeyFragment[];
  private scopes: ReadonlyMap<string, RouteSource>;

  /** `scopes` by `scopeKey`. */
  constructor(fragments: readonly ScopeKeyFragment[], scopes: ReadonlyMap<string, RouteSource>) {
    this.fragments = fragments;
    this.scopes = scopes;
  }

  /** SRDS has others now. */
  replace(scopes: ReadonlyMap<string, RouteSource>): void {
    this.scopes = scopes;
  }

  /** `undefined`: no key can be made, or there is no such scope. */
  find(headers: HeaderMap): RouteSource | undefined {
    const parts: string[] = [];
    for (const fragment of this.fragments) {
      const part = readFragment(fragment, headers);
      if (part === undefined) return undefined;
      parts.push(part);
    }
    return this.scopes.get(scopeKey(parts));
  }
}

/** Where a request's routes are: in its scope where there are scopes, else in the one table. */
export function routesOf(
  headers: HeaderMap,
  routes: RouteSource,
  scopes: ScopedRoutes | undefined,
): RouteSource | undefined {
  return scopes === undefined ? routes : scopes.find(headers);
}

/** Header values hold no NUL. */
export function scopeKey(parts: readonly string[]): string {
  return parts.join("\0");
}

function readFragment(
  { header, elementSeparator, pick }: ScopeKeyFragment,
  headers: HeaderMap,
): string | undefined {
  const value = headers.get(header);
  if (value === undefined) return undefined;
  const elements = elementSeparator === "" ? [value] : value.split(elementSeparator);
  if (pick.kind === "index") return elements[pick.index];
  for (const element of elements) {
    const at = element.indexOf(pick.separator);
    const key = at < 0 ? element : element.slice(0, at);
    if (key === pick.key) return at < 0 ? "" : element.slice(at + pick.separator.length);
  }
  return undefined;
}
