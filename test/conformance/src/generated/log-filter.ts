import { any, type Dice, type Json, type JsonObject } from "./dice.ts";
import { headerMatch } from "./route-match.ts";

const FLAGS = ["NR", "UF", "UO", "URX", "UH", "LR", "RL", "DI", "FI", "UAEX", "DPE", "UPE", "DC", "SI", "IH"];
const EXPRESSIONS = [
  "response.code >= 400",
  "request.method == 'GET'",
  "'x-a' in request.headers",
  "response.flags != 0",
  "request.path.startsWith('/a')",
  "connection.mtls || response.code == 404",
  "metadata.filter_metadata['gen']['k'] == 'v'",
  "request.nothing == 1",
];
const STATUSES = ["OK", "CANCELED", "UNKNOWN", "NOT_FOUND", "UNAVAILABLE", "UNIMPLEMENTED", "INTERNAL"];

/** A filter of an access log that depends on nothing but the request and what became of it. */
export function logFilter(dice: Dice, depth = 2): JsonObject {
  if (depth > 0 && dice.chance(0.35)) {
    const filters = dice.times(2, 3, () => logFilter(dice, depth - 1));
    return dice.chance(0.5) ? { and_filter: { filters } } : { or_filter: { filters } };
  }
  return dice.one<JsonObject>(
    () => ({ status_code_filter: { comparison: comparison(dice, [0, 200, 204, 301, 404, 429, 500, 503]) } }),
    // Nothing takes so long.
    () => ({ duration_filter: { comparison: comparison(dice, [100_000], ["gen.unset"]) } }),
    () => ({ not_health_check_filter: {} }),
    () => ({ runtime_filter: share(dice) }),
    () => ({ header_filter: { header: headerMatch(dice).config } }),
    () => ({ response_flag_filter: dice.chance(0.3) ? {} : { flags: dice.some(FLAGS, 4) } }),
    () => ({
      grpc_status_filter: {
        statuses: dice.some(STATUSES, 3),
        ...dice.fields({ exclude: [0.4, () => true] }),
      },
    }),
    () => ({ metadata_filter: metadata(dice) }),
    () => ({
      log_type_filter: {
        types: dice.some(["DownstreamEnd", "DownstreamStart", "DownstreamPeriodic", "TcpConnectionEnd"], 3),
        ...dice.fields({ exclude: [0.4, () => true] }),
      },
    }),
    () => ({
      extension_filter: {
        name: "cel",
        typed_config: any("envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter", {
          expression: dice.pick(EXPRESSIONS),
        }),
      },
    }),
  );
}

const KEYS = ["gen.unset", "gen.none", "gen.all"];

function comparison(dice: Dice, values: readonly number[], keys: readonly string[] = KEYS): JsonObject {
  const runtimeKey = dice.pick(keys);
  return {
    op: dice.pick(["EQ", "GE", "LE", "NE"]),
    value: { default_value: dice.pick(values), runtime_key: runtimeKey },
  };
}

function share(dice: Dice): JsonObject {
  const [denominator, all] = dice.pick([
    ["HUNDRED", 100],
    ["TEN_THOUSAND", 10_000],
    ["MILLION", 1_000_000],
  ] as const);
  // 100 of the runtime is all of a hundred alone.
  const keys = denominator === "HUNDRED" ? KEYS : ["gen.unset", "gen.none"];
  return {
    runtime_key: dice.pick(keys),
    percent_sampled: { numerator: dice.pick([0, all]), denominator },
    ...dice.fields({ use_independent_randomness: [0.5, () => true] }),
  };
}

function metadata(dice: Dice): JsonObject {
  const value = dice.pick<Json>([
    { string_match: { exact: "v" } },
    { present_match: true },
    { null_match: {} },
    { double_match: { exact: 1 } },
    { list_match: { one_of: { string_match: { exact: "a" } } } },
  ]);
  return {
    ...dice.fields({
      matcher: [
        0.9,
        () => ({
          filter: dice.pick(["gen", "gen.headers"]),
          path: [{ key: dice.pick(["k", "n", "list", "absent"]) }],
          value,
        }),
      ],
      match_if_key_not_found: [0.6, () => dice.chance(0.5)],
    }),
  };
}
