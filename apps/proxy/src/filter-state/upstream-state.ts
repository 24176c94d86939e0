import { filterStateText } from "@sluice/matching";
import { ALPN_STATE, type FilterState, SERVER_NAME_STATE, SUBJECT_ALT_NAMES_STATE } from "./filter-state.ts";
import { hashOf } from "./hashable-text.ts";

/** What the filter state of a client says of the connections to upstreams that it may use. */
export interface UpstreamState {
  /** What their own filter state is to be; undefined: nothing is shared. */
  readonly shared: ReadonlyMap<string, unknown> | undefined;
  /** Equal for clients that may share connections; "" where all may. */
  readonly key: string;
  /** How TLS is to differ from the configuration. */
  readonly tls: {
    readonly serverName?: string;
    readonly alpn?: readonly string[];
    /** One of these must be among the certificate's names. */
    readonly verifyNames?: readonly string[];
  };
}

/** Undefined: it says nothing of them. */
export function upstreamStateOf(state: FilterState | undefined): UpstreamState | undefined {
  if (state?.concernsUpstream !== true) return undefined;
  const shared = new Map<string, unknown>();
  let hashes = "";
  state.forEachShared((key, value) => {
    shared.set(key, value);
    const hash = hashOf(value);
    if (hash !== undefined) hashes += ` ${hash}`;
  });
  const serverName = filterStateText(state.get(SERVER_NAME_STATE));
  const alpn = listOf(filterStateText(state.get(ALPN_STATE)));
  const verifyNames = listOf(filterStateText(state.get(SUBJECT_ALT_NAMES_STATE)));
  const named = serverName !== undefined || alpn !== undefined || verifyNames !== undefined;
  return {
    shared: shared.size > 0 ? shared : undefined,
    key: hashes + (named ? JSON.stringify([serverName, alpn, verifyNames]) : ""),
    tls: {
      ...(serverName === undefined ? {} : { serverName }),
      ...(alpn === undefined ? {} : { alpn }),
      ...(verifyNames === undefined ? {} : { verifyNames }),
    },
  };
}

/** Texts between commas. */
function listOf(text: string | undefined): readonly string[] | undefined {
  return text?.split(",").map((one) => one.trim());
}
