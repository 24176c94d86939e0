import type { ConfigProblem } from "@sluice/xds";

/** What route matching reads of a request; the proxy's header map is one. Names lower case, pseudo-headers included. */
export interface HeaderView {
  get(name: string): string | undefined;
  /** Repeated headers joined with `,`. */
  getAll(name: string): string | undefined;
}

export type Compiled<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };
