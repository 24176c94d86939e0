import type { Compiled } from "@sluice/extension-api";
import {
  compileExtension,
  compileMatcher,
  environmentInput,
  known,
  type MatcherTree,
  TRANSPORT_SOCKET_INPUTS,
} from "@sluice/matching";
import {
  FilterStateInputSchema,
  type TransportSocketNameAction,
  TransportSocketNameActionSchema,
} from "@sluice/xds/gen/envoy/extensions/matching/common_inputs/transport_socket/v3/transport_socket_inputs_pb.js";
import type { Matcher } from "@sluice/xds/gen/xds/type/matcher/v3/matcher_pb.js";

/** Which of a cluster's `transport_socket_matches`, by its name; one that there is not stands for the cluster's own socket. */
export interface TransportSocketName {
  readonly name: string;
}

const ACTIONS = new Map([
  known<TransportSocketNameAction, TransportSocketName>(TransportSocketNameActionSchema, ({ name }) => ({
    ok: true,
    value: { name },
  })),
]);

const INPUTS = new Map([...TRANSPORT_SOCKET_INPUTS, environmentInput((name) => process.env[name])]);

/** A `transport_socket_matcher`, made ready. */
export interface TransportSocketMatcher {
  readonly tree: MatcherTree<TransportSocketName>;
  /** Then connections to one host may get different sockets. */
  readonly usesFilterState: boolean;
}

/** `path` is where it stands. */
export function compileTransportSocketMatcher(
  matcher: Matcher,
  path: string,
): Compiled<TransportSocketMatcher> {
  let usesFilterState = false;
  const inputs = new Map(INPUTS);
  const state = inputs.get(FilterStateInputSchema.typeName);
  if (state !== undefined)
    inputs.set(FilterStateInputSchema.typeName, {
      schema: state.schema,
      compile: (message, at) => {
        usesFilterState = true;
        return state.compile(message, at);
      },
    });
  const compiled = compileMatcher<TransportSocketName>(matcher, path, {
    inputs,
    action: (config, at) => compileExtension(config, ACTIONS, "action", at),
    keepMatching: false,
  });
  return compiled.ok ? { ok: true, value: { tree: compiled.value, usesFilterState } } : compiled;
}
