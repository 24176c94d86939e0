import type { Dice, JsonObject } from "./dice.ts";

const NAMES = [
  "x-a",
  "x-b",
  "x-new",
  "x-added",
  "X-Mixed",
  "x-multi",
  "user-agent",
  "via",
  "cookie",
  "content-type",
];
const RESPONSE_NAMES = [
  "x-up",
  "x-new",
  "x-added",
  "server",
  "X-Mixed",
  "set-cookie",
  "date",
  "x-two",
  "content-type",
];
const REMOVABLE = [
  "x-a",
  "x-b",
  "x-multi",
  "x-up",
  "server",
  "user-agent",
  "x-forwarded-for",
  "x-absent",
  "x-two",
];

/** Command operators whose values do not depend on time, lot or ephemeral ports. */
export const OPERATORS: readonly string[] = [
  "%PROTOCOL%",
  "%REQ(x-a)%",
  "%REQ(X-B?x-a)%",
  "%REQ(x-multi):3%",
  "%REQ(:path)%",
  "%REQ(:authority)%",
  "%REQ(:method)%",
  "%REQ(:scheme)%",
  "%REQ(x-absent)%",
  "%REQ(x-envoy-original-path?:path)%",
  "%REQUEST_HEADER(x-multi)%",
  "%ROUTE_NAME%",
  "%VIRTUAL_CLUSTER_NAME%",
  "%UPSTREAM_CLUSTER%",
  "%UPSTREAM_CLUSTER_RAW%",
  "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
  "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%",
  "%DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT%",
  "%DYNAMIC_METADATA(gen)%",
  "%DYNAMIC_METADATA(gen:k)%",
  "%DYNAMIC_METADATA(gen.headers:k)%",
  "%DYNAMIC_METADATA(gen:absent)%",
  "%METADATA(ROUTE:gen:r)%",
  "%METADATA(VIRTUAL_HOST:gen:h)%",
  "%METADATA(CLUSTER:gen:c)%",
  "%PATH(NQ)%",
  "%PATH(WQ:PATH)%",
  "%PATH(NQ:ORIG)%",
  "%QUERY_PARAM(q)%",
  "%QUERY_PARAMS(ORIG)%",
  "%RESPONSE_CODE%",
  "%RESPONSE_FLAGS%",
  "%RESPONSE_CODE_DETAILS%",
  "%UPSTREAM_REQUEST_ATTEMPT_COUNT%",
  "%REQUESTED_SERVER_NAME%",
  "%BYTES_RECEIVED%",
  "%ENVIRONMENT(SLUICE_ABSENT)%",
  "%FILTER_CHAIN_NAME%",
];
const TEXTS = ["", "text", "100%%", "a b", "%%REQ(x)%%", "[", '"q"'];

export function formatText(dice: Dice): string {
  return dice
    .times(1, 3, () => (dice.chance(0.6) ? dice.pick(OPERATORS) : dice.pick(TEXTS)))
    .join(dice.pick(["", "-", " "]));
}

const ACTIONS = [
  "APPEND_IF_EXISTS_OR_ADD",
  "ADD_IF_ABSENT",
  "OVERWRITE_IF_EXISTS_OR_ADD",
  "OVERWRITE_IF_EXISTS",
];

/** A HeaderValueOption. */
function headerOption(dice: Dice, names: readonly string[] = NAMES): JsonObject {
  return {
    header: { key: dice.pick(names), value: formatText(dice) },
    ...dice.fields({
      append_action: [0.7, () => dice.pick(ACTIONS)],
      keep_empty_value: [0.2, () => true],
    }),
  };
}

/** The four fields of header mutations, of any level of the route configuration. */
export function headerFields(dice: Dice, probability: number): JsonObject {
  return dice.fields({
    request_headers_to_add: [probability, () => dice.times(1, 3, () => headerOption(dice))],
    request_headers_to_remove: [probability / 3, () => dice.times(1, 2, () => dice.pick(REMOVABLE))],
    response_headers_to_add: [probability, () => dice.times(1, 3, () => headerOption(dice, RESPONSE_NAMES))],
    response_headers_to_remove: [probability / 3, () => dice.times(1, 2, () => dice.pick(REMOVABLE))],
  });
}

/** HeaderMutation messages. */
export function mutationList(dice: Dice, names: readonly string[]): JsonObject[] {
  return dice.times(1, 3, () =>
    dice.one<JsonObject>(
      () => ({ append: headerOption(dice, names) }),
      () => ({ append: headerOption(dice, names) }),
      () => ({ remove: dice.pick(REMOVABLE) }),
      () => ({ remove_on_match: { key_matcher: { prefix: dice.pick(["x-a", "x-u", "x-m"]) } } }),
    ),
  );
}

/** Mutations of the filter `header_mutation`. */
export function mutations(dice: Dice): JsonObject {
  return dice.fields({
    request_mutations: [0.7, () => mutationList(dice, NAMES)],
    response_mutations: [0.7, () => mutationList(dice, RESPONSE_NAMES)],
    query_parameter_mutations: [0.3, () => dice.times(1, 2, () => parameterEdit(dice))],
  });
}

function parameterEdit(dice: Dice): JsonObject {
  if (dice.chance(0.3)) return { remove: dice.pick(["q", "p", "absent"]) };
  return {
    append: {
      record: { key: dice.pick(["q", "p", "new"]), value: dice.pick(["1", "a b", "%REQ(x-a)%", ""]) },
      action: dice.pick([
        "APPEND_IF_EXISTS_OR_ADD",
        "ADD_IF_ABSENT",
        "OVERWRITE_IF_EXISTS_OR_ADD",
        "OVERWRITE_IF_EXISTS",
      ]),
    },
  };
}
