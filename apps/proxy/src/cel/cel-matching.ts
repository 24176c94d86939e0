import { type Compiled, refuse } from "@sluice/extension-api";
import {
  HTTP_INPUTS,
  type InputMatcher,
  type KnownExtensions,
  known,
  type MatchInput,
  type PredicateParts,
} from "@sluice/matching";
import { type CelMatcher, CelMatcherSchema } from "@sluice/xds/gen/xds/type/matcher/v3/cel_pb.js";
import { HttpAttributesCelMatchInputSchema } from "@sluice/xds/gen/xds/type/matcher/v3/http_inputs_pb.js";
import type { CelSubject } from "./expression.ts";
import { compileCel } from "./load-cel.ts";

const KIND = "cel_data_input";

/** `xds.type.matcher.v3.HttpAttributesCelMatchInput`: all attributes. What fails is not true; a response is waited for. */
const CEL_INPUT = known<never, MatchInput>(HttpAttributesCelMatchInputSchema, () => ({
  ok: true,
  value: { name: "the attributes", kind: KIND, get: ({ attributes }) => attributes },
}));

function compileCelMatcher({ exprMatch, description }: CelMatcher, path: string): Compiled<InputMatcher> {
  const at = `${path}.expr_match`;
  if (exprMatch === undefined) return refuse(at, "an expression is required");
  const compiled = compileCel({ kind: "xds", expr: exprMatch }, at);
  if (!compiled.ok) return compiled;
  return {
    ok: true,
    value: {
      wanted: description === "" ? "fit the expression" : description,
      kind: KIND,
      matches: (value) => (value === undefined ? false : compiled.value.decide(asSubject(value))),
    },
  };
}

/** `attributes` of the data that this proxy gives its matchers. */
function asSubject(value: unknown): CelSubject {
  return value as CelSubject;
}

/** CEL in matcher trees over requests (routes and connections have none in Envoy): its input and its matcher. */
export const CEL_PARTS: PredicateParts = {
  inputs: new Map([CEL_INPUT]),
  matchers: new Map([known<CelMatcher, InputMatcher>(CelMatcherSchema, compileCelMatcher)]),
};

/** What trees over requests may read, with CEL. */
export const HTTP_MATCHING: PredicateParts = {
  inputs: new Map([...HTTP_INPUTS, CEL_INPUT]) satisfies KnownExtensions<MatchInput>,
  matchers: CEL_PARTS.matchers,
};
