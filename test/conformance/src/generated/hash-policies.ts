import type { Dice, JsonObject } from "./dice.ts";

/** Key of the filter state that some chains set from a header. */
export const HASHED_STATE = "gen.hashed";
/** Cookie that policies make; no client sends it. */
export const MADE_COOKIE = "made";

/** Neither ports nor what is left of a timeout are in these. */
const HEADERS = [
  "x-a",
  "x-a",
  "X-B",
  "x-multi",
  "x-new",
  "cookie",
  "user-agent",
  ":path",
  ":method",
  "x-forwarded-for",
  "x-envoy-attempt-count",
  "x-envoy-original-path",
  "x-absent",
];
const REWRITES: readonly (readonly [regex: string, substitution: string])[] = [
  ["a", "b"],
  ["^(.)", "\\1\\1"],
  [".*", "x"],
  ["[0-9]*", "#"],
  ["(?i)A(b)?", "<\\1\\0>"],
];

const SOURCE: JsonObject = { connection_properties: { source_ip: true } };

/**
 * Hash policies of a route. The last always gives a hash: without one hosts are drawn by lot. `lone`: the cluster has one host, so
 * that cookies may be made, whose values depend on ports.
 */
export function hashPolicies(dice: Dice, lone: boolean): JsonObject[] {
  return [
    ...dice.times(0, 3, () => hashPolicy(dice, lone)),
    dice.pick([SOURCE, SOURCE, { header: { header_name: ":method" } }]),
  ];
}

function hashPolicy(dice: Dice, lone: boolean): JsonObject {
  return {
    ...dice.one<JsonObject>(
      () => ({ header: header(dice) }),
      () => ({ header: header(dice) }),
      () => ({ cookie: cookie(dice, lone) }),
      () => ({ connection_properties: { source_ip: dice.chance(0.7) } }),
      () => ({ query_parameter: { name: dice.pick(["q", "p", "Q", "x", "debug"]) } }),
      () => ({ filter_state: { key: dice.pick([HASHED_STATE, "absent"]) } }),
    ),
    ...(dice.chance(0.3) ? { terminal: true } : {}),
  };
}

function header(dice: Dice): JsonObject {
  const [regex, substitution] = dice.pick(REWRITES);
  return {
    header_name: dice.pick(HEADERS),
    ...(dice.chance(0.3) ? { regex_rewrite: { pattern: { regex }, substitution } } : {}),
  };
}

function cookie(dice: Dice, lone: boolean): JsonObject {
  const makes = lone && dice.chance(0.6);
  return {
    name: makes ? MADE_COOKIE : dice.pick(["hash", "session", "c", "C"]),
    ...(makes ? { ttl: dice.pick(["0s", "5s", "3600.5s"]) } : {}),
    ...dice.fields({
      path: [0.3, () => "/p"],
      attributes: [
        0.3,
        () =>
          dice.some([{ name: "SameSite", value: "Lax" }, { name: "Secure" }, { name: "a b", value: "é" }], 3),
      ],
    }),
  };
}
