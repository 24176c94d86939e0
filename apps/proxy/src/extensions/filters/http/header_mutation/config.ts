import type { Compiled, Problem } from "@sluice/extension-api";
import type { HeaderMutation as MutationConfig } from "@sluice/xds/gen/envoy/config/common/mutation_rules/v3/mutation_rules_pb.js";
import type {
  HeaderMutation,
  HeaderMutationPerRoute,
  Mutations,
} from "@sluice/xds/gen/envoy/extensions/filters/http/header_mutation/v3/header_mutation_pb.js";
import { compileFormatters } from "../../../../formatter/compile-formatters.ts";
import type { OperatorTable } from "../../../../formatter/operator.ts";
import { compileHeaderEdits, type EditedPart, type HeaderEdit } from "../../../../route/header-edits.ts";
import { compileQueryEdits, type QueryEdit } from "../../../../route/query-edits.ts";

/** One `Mutations` message: what is done to the headers of each direction, in the configured order. */
export interface CompiledMutations {
  readonly request: readonly HeaderEdit[];
  readonly response: readonly HeaderEdit[];
  readonly query: readonly QueryEdit[];
  readonly requestTrailers: readonly HeaderEdit[];
  readonly responseTrailers: readonly HeaderEdit[];
}

export interface HeaderMutationConfig {
  readonly mutations: CompiledMutations;
  /** Per-route mutations are applied from the least specific level to the most specific one; else the other way round. */
  readonly mostSpecificWins: boolean;
}

export function compileHeaderMutation(config: HeaderMutation): Compiled<HeaderMutationConfig> {
  const mutations = compileMutations(config.mutations);
  if (!mutations.ok) return mutations;
  const mostSpecificWins = config.mostSpecificHeaderMutationsWins;
  return { ok: true, value: Object.freeze({ mutations: mutations.value, mostSpecificWins }) };
}

export function compileHeaderMutationPerRoute(config: HeaderMutationPerRoute): Compiled<CompiledMutations> {
  return compileMutations(config.mutations);
}

function compileMutations(config: Mutations | undefined): Compiled<CompiledMutations> {
  const problems: Problem[] = [];
  const formatters = compileFormatters(config?.formatters ?? [], "mutations.formatters");
  if (!formatters.ok) problems.push(...formatters.problems);
  const operators: OperatorTable = formatters.ok ? formatters.value : {};
  const query = compileQueryEdits(
    config?.queryParameterMutations ?? [],
    "mutations.query_parameter_mutations",
    operators,
  );
  if (!query.ok) problems.push(...query.problems);
  const edits = (
    list: readonly MutationConfig[] | undefined,
    part: EditedPart,
    field: string,
  ): readonly HeaderEdit[] => {
    const compiled = compileHeaderEdits(list ?? [], part, `mutations.${field}`, operators);
    if (compiled.ok) return compiled.value;
    problems.push(...compiled.problems);
    return [];
  };
  const value = Object.freeze({
    request: edits(config?.requestMutations, "request", "request_mutations"),
    response: edits(config?.responseMutations, "response", "response_mutations"),
    query: query.ok ? query.value : [],
    requestTrailers: edits(config?.requestTrailersMutations, "requestTrailers", "request_trailers_mutations"),
    responseTrailers: edits(
      config?.responseTrailersMutations,
      "responseTrailers",
      "response_trailers_mutations",
    ),
  });
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value };
}
