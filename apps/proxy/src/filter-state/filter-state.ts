import type { StreamInfo } from "@sluice/extension-api";

/** What is to be known of an object besides its value. */
export interface StateOptions {
  /** Connections to upstreams get it too (`shared_with_upstream`). */
  readonly shared: boolean;
  /** It is gone when an internal redirect begins the request anew. */
  readonly endsWithChain: boolean;
}

/** Names by which filters say what TLS to upstreams is to be like; shared or not. */
export const SERVER_NAME_STATE = "envoy.network.upstream_server_name";
export const ALPN_STATE = "envoy.network.application_protocols";
export const SUBJECT_ALT_NAMES_STATE = "envoy.network.upstream_subject_alt_names";
const TLS_STATE: readonly string[] = [SERVER_NAME_STATE, ALPN_STATE, SUBJECT_ALT_NAMES_STATE];

/**
 * Objects of a connection or of a request, by name (envoy/stream_info/filter_state.h). A request sees those of its connection, too,
 * and cannot replace them. Iteration shows its own alone.
 */
export class FilterState extends Map<string, unknown> {
  readonly #connection: FilterState | undefined;
  readonly #options = new Map<string, StateOptions>();
  #forUpstream = false;

  constructor(connection?: FilterState) {
    super();
    this.#connection = connection;
  }

  /** Something in it is for connections to upstreams. */
  get concernsUpstream(): boolean {
    return this.#forUpstream || this.#connection?.concernsUpstream === true;
  }

  override get(key: string): unknown {
    return super.has(key) ? super.get(key) : this.#connection?.get(key);
  }

  override has(key: string): boolean {
    return super.has(key) || this.#connection?.has(key) === true;
  }

  override set(key: string, value: unknown): this {
    if (this.#connection?.has(key) === true) return this;
    if (TLS_STATE.includes(key)) this.#forUpstream = true;
    return super.set(key, value);
  }

  put(key: string, value: unknown, options: StateOptions): void {
    if (this.#connection?.has(key) === true) return;
    this.#options.set(key, options);
    if (options.shared) this.#forUpstream = true;
    this.set(key, value);
  }

  /** Calls `visit` with each object that upstream connections get, the connection's first. */
  forEachShared(visit: (key: string, value: unknown) => void): void {
    this.#connection?.forEachShared(visit);
    for (const [key, { shared }] of this.#options) if (shared) visit(key, super.get(key));
  }

  /** What outlives the filter chain goes over to the request's next state. */
  copyLasting(next: FilterState): void {
    for (const [key, value] of this) if (this.#options.get(key)?.endsWithChain !== true) next.set(key, value);
  }
}

/** The filter state of a connection or request of this proxy, with what only this proxy knows of its objects. */
export function filterStateOf({ filterState }: Pick<StreamInfo, "filterState">): FilterState {
  if (filterState instanceof FilterState) return filterState;
  throw new Error("a stream info that is not the proxy's own");
}
