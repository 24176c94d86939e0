import type { Compiled, Problem } from "@sluice/extension-api";
import type { HeaderMutation as MutationConfig } from "@sluice/xds/gen/envoy/config/common/mutation_rules/v3/mutation_rules_pb.js";
import type {
  HeaderMutation,
  HeaderMutationPerRoute,
  Mutations,
} from "@sluice/xds/gen/envoy/extensions/filters/http/header_mutation/v3/header_mutation_pb.js";
import { compileHeaderEdits, type HeaderEdit } from "../../../../route/header-edits.ts";

/** One `Mutations` message: what is done to the headers of each direction, in the configured order. */
export interface CompiledMutations {
  readonly request: readonly HeaderEdit[];
  readonly response: readonly HeaderEdit[];
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
  const edits = (list: readonly MutationConfig[] | undefined, field: string): readonly HeaderEdit[] => {
    const compiled = compileHeaderEdits(list ?? [], `mutations.${field}`);
    if (compiled.ok) return compiled.value;
    problems.push(...compiled.problems);
    return [];
  };
  const value = Object.freeze({
    request: edits(config?.requestMutations, "request_mutations"),
    response: edits(config?.responseMutations, "response_mutations"),
  });
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value };
}
