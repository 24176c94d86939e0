import type { Compiled } from "../contract.ts";
import { fieldPath, ProblemList } from "../problem-list.ts";
import { compileInputMatcher, type InputMatcher, type InputMatcherConfig } from "./input-matcher.ts";
import { type MatchTrace, OUTCOME_NAMES, Outcome } from "./match-trace.ts";
import { type MatchInput, type MatchingData, MetadataValue, NOT_AVAILABLE } from "./matching-data.ts";
import { compileExtension, type KnownExtensions, refuse, type TypedExtension } from "./typed-extension.ts";

/** A condition on the data, in three values. */
export interface Predicate {
  evaluate(data: MatchingData, trace: MatchTrace): Outcome;
}

/** `Matcher.MatcherList.Predicate` of either API. */
export interface PredicateConfig {
  readonly matchType:
    | { readonly case: "singlePredicate"; readonly value: SinglePredicateConfig }
    | {
        readonly case: "orMatcher" | "andMatcher";
        readonly value: { readonly predicate: readonly PredicateConfig[] };
      }
    | { readonly case: "notMatcher"; readonly value: PredicateConfig }
    | { readonly case: undefined; readonly value?: undefined };
}

interface SinglePredicateConfig {
  readonly input?: TypedExtension | undefined;
  readonly matcher: InputMatcherConfig;
}

/** What predicates are made of. */
export interface PredicateParts {
  readonly inputs: KnownExtensions<MatchInput>;
  /** Custom matchers beside those of this package. */
  readonly matchers?: KnownExtensions<InputMatcher> | undefined;
}

/** `path` is where the predicate stands. */
export function compilePredicate(
  config: PredicateConfig | undefined,
  parts: PredicateParts,
  path: string,
): Compiled<Predicate> {
  const problems = new ProblemList();
  const type = config?.matchType;
  switch (type?.case) {
    case "singlePredicate": {
      const at = fieldPath(path, "single_predicate");
      const input = problems.take(
        compileExtension(type.value.input, parts.inputs, "matching input", fieldPath(at, "input")),
      );
      const matcher = problems.take(compileInputMatcher(type.value.matcher, at, parts.matchers));
      if (input === undefined || matcher === undefined) break;
      if (input.kind !== matcher.kind) {
        const takes = matcher.kind ?? "string";
        problems.error(
          at,
          `Unsupported data input type: ${input.kind ?? "string"}, the matcher takes ${takes}`,
        );
        break;
      }
      return { ok: true, value: new SinglePredicate(at, input, matcher) };
    }
    case "orMatcher":
    case "andMatcher": {
      const at = fieldPath(path, type.case === "orMatcher" ? "or_matcher" : "and_matcher");
      const compiled = type.value.predicate
        .map((part, i) => problems.take(compilePredicate(part, parts, `${at}.predicate[${i}]`)))
        .filter((part) => part !== undefined);
      if (type.value.predicate.length < 2)
        problems.error(`${at}.predicate`, "at least two predicates are required");
      return problems.result(() =>
        type.case === "orMatcher" ? new AnyPredicate(compiled) : new AllPredicate(compiled),
      );
    }
    case "notMatcher": {
      const part = problems.take(compilePredicate(type.value, parts, fieldPath(path, "not_matcher")));
      if (part !== undefined) return { ok: true, value: new NotPredicate(part) };
      break;
    }
    default:
      return refuse(path, "one of single_predicate, or_matcher, and_matcher and not_matcher is required");
  }
  return { ok: false, problems: problems.problems };
}

class SinglePredicate implements Predicate {
  private readonly field: string;
  private readonly input: MatchInput;
  private readonly matcher: InputMatcher;

  constructor(field: string, input: MatchInput, matcher: InputMatcher) {
    this.field = field;
    this.input = input;
    this.matcher = matcher;
  }

  evaluate(data: MatchingData, trace: MatchTrace): Outcome {
    const value = this.input.get(data);
    const matches = value === NOT_AVAILABLE ? undefined : this.matcher.matches(value, data);
    const outcome = matches === undefined ? Outcome.Unknown : matches ? Outcome.Matched : Outcome.Rejected;
    trace?.push({
      field: this.field,
      outcome: OUTCOME_NAMES[outcome],
      message: `wanted: ${this.input.name} ${this.matcher.wanted}; it is ${describeValue(value)}`,
    });
    return outcome;
  }
}

/** A value of an input for people. */
export function describeValue(value: unknown): string {
  if (value === NOT_AVAILABLE) return "not known yet";
  const shown = value instanceof MetadataValue ? value.value : value;
  return shown === undefined ? "absent" : JSON.stringify(shown);
}

class AllPredicate implements Predicate {
  private readonly parts: readonly Predicate[];

  constructor(parts: readonly Predicate[]) {
    this.parts = parts;
  }

  evaluate(data: MatchingData, trace: MatchTrace): Outcome {
    for (const part of this.parts) {
      const outcome = part.evaluate(data, trace);
      if (outcome !== Outcome.Matched) return outcome;
    }
    return Outcome.Matched;
  }
}

class AnyPredicate implements Predicate {
  private readonly parts: readonly Predicate[];

  constructor(parts: readonly Predicate[]) {
    this.parts = parts;
  }

  evaluate(data: MatchingData, trace: MatchTrace): Outcome {
    let answer: Outcome = Outcome.Rejected;
    for (const part of this.parts) {
      const outcome = part.evaluate(data, trace);
      if (outcome === Outcome.Matched) return outcome;
      if (outcome === Outcome.Unknown) answer = outcome;
    }
    return answer;
  }
}

class NotPredicate implements Predicate {
  private readonly part: Predicate;

  constructor(part: Predicate) {
    this.part = part;
  }

  evaluate(data: MatchingData, trace: MatchTrace): Outcome {
    const outcome = this.part.evaluate(data, trace);
    if (outcome === Outcome.Unknown) return outcome;
    return outcome === Outcome.Matched ? Outcome.Rejected : Outcome.Matched;
  }
}
