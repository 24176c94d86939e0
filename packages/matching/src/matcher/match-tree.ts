import { type PrefixNode, PrefixTree } from "../prefix-tree.ts";
import { type MatchTrace, Outcome } from "./match-trace.ts";
import { type MatchInput, type MatchingData, NOT_AVAILABLE } from "./matching-data.ts";
import { describeValue, type Predicate } from "./predicate.ts";

/** The tree needs data that has not arrived: ask again when there is more. */
export const INSUFFICIENT_DATA: unique symbol = Symbol("insufficient data");

/** The action, `undefined` when nothing matches, or INSUFFICIENT_DATA. */
export type MatchAnswer<A> = A | undefined | typeof INSUFFICIENT_DATA;

/** What one evaluation carries along. */
export interface MatchRun<A> {
  readonly data: MatchingData;
  readonly trace: MatchTrace;
  /** Told of the actions that match but say `keep_matching`. */
  readonly onSkipped: ((action: A) => void) | undefined;
}

export interface MatchNode<A> {
  match(run: MatchRun<A>): MatchAnswer<A>;
}

/** `Matcher.OnMatch`: an action or a tree of its own. With `keep_matching` its answer is only told, and the search goes on. */
export class OnMatch<A> implements MatchNode<A> {
  private readonly field: string;
  private readonly action: A | undefined;
  private readonly nested: MatchNode<A> | undefined;
  private readonly keepMatching: boolean;

  constructor(field: string, action: A | undefined, nested: MatchNode<A> | undefined, keepMatching: boolean) {
    this.field = field;
    this.action = action;
    this.nested = nested;
    this.keepMatching = keepMatching;
  }

  match(run: MatchRun<A>): MatchAnswer<A> {
    const answer = this.nested === undefined ? this.action : this.nested.match(run);
    if (answer === undefined || answer === INSUFFICIENT_DATA || !this.keepMatching) return answer;
    run.onSkipped?.(answer);
    run.trace?.push({
      field: this.field,
      outcome: "rejected",
      message: "matches, but keep_matching goes on",
    });
    return undefined;
  }
}

/** `matcher_list`: the first predicate that holds and whose branch has an answer. */
export class ListNode<A> implements MatchNode<A> {
  private readonly entries: readonly { readonly predicate: Predicate; readonly onMatch: OnMatch<A> }[];
  private readonly onNoMatch: OnMatch<A> | undefined;

  constructor(
    entries: readonly { readonly predicate: Predicate; readonly onMatch: OnMatch<A> }[],
    onNoMatch: OnMatch<A> | undefined,
  ) {
    this.entries = entries;
    this.onNoMatch = onNoMatch;
  }

  match(run: MatchRun<A>): MatchAnswer<A> {
    for (const { predicate, onMatch } of this.entries) {
      const outcome = predicate.evaluate(run.data, run.trace);
      if (outcome === Outcome.Unknown) return INSUFFICIENT_DATA;
      if (outcome === Outcome.Rejected) continue;
      const answer = onMatch.match(run);
      if (answer !== undefined) return answer;
    }
    return this.onNoMatch?.match(run);
  }
}

/** A tree without a matcher: `on_no_match` always. */
export class AlwaysNode<A> implements MatchNode<A> {
  private readonly onNoMatch: OnMatch<A> | undefined;

  constructor(onNoMatch: OnMatch<A> | undefined) {
    this.onNoMatch = onNoMatch;
  }

  match(run: MatchRun<A>): MatchAnswer<A> {
    return this.onNoMatch?.match(run);
  }
}

/** How a tree finds branches by the input's text; every branch that fits, the best first. */
export interface Branches<A> {
  /** The first answer of a fitting branch. */
  match(text: string, run: MatchRun<A>): MatchAnswer<A>;
}

/** `matcher_tree`: branches by one input, else `on_no_match`. */
export class TreeNode<A> implements MatchNode<A> {
  private readonly field: string;
  private readonly input: MatchInput;
  private readonly branches: Branches<A>;
  private readonly onNoMatch: OnMatch<A> | undefined;

  constructor(field: string, input: MatchInput, branches: Branches<A>, onNoMatch: OnMatch<A> | undefined) {
    this.field = field;
    this.input = input;
    this.branches = branches;
    this.onNoMatch = onNoMatch;
  }

  match(run: MatchRun<A>): MatchAnswer<A> {
    const value = this.input.get(run.data);
    if (value === NOT_AVAILABLE) {
      this.note(run, value, "unknown", "");
      return INSUFFICIENT_DATA;
    }
    const answer = typeof value === "string" ? this.branches.match(value, run) : undefined;
    if (answer !== undefined) {
      this.note(run, value, answer === INSUFFICIENT_DATA ? "unknown" : "matched", "");
      return answer;
    }
    this.note(run, value, "rejected", ": no branch for it");
    return this.onNoMatch?.match(run);
  }

  private note(
    run: MatchRun<A>,
    value: unknown,
    outcome: "matched" | "rejected" | "unknown",
    why: string,
  ): void {
    run.trace?.push({
      field: this.field,
      outcome,
      message: `${this.input.name} is ${describeValue(value)}${why}`,
    });
  }
}

export class ExactBranches<A> implements Branches<A> {
  private readonly map: ReadonlyMap<string, OnMatch<A>>;

  constructor(map: ReadonlyMap<string, OnMatch<A>>) {
    this.map = map;
  }

  match(text: string, run: MatchRun<A>): MatchAnswer<A> {
    return this.map.get(text)?.match(run);
  }
}

/** The longest prefix whose branch has an answer. */
export class PrefixBranches<A> implements Branches<A> {
  private readonly tree = new PrefixTree<OnMatch<A>>();

  constructor(map: ReadonlyMap<string, OnMatch<A>>) {
    for (const [prefix, onMatch] of map) this.tree.at(prefix, () => onMatch);
  }

  match(text: string, run: MatchRun<A>): MatchAnswer<A> {
    const found: PrefixNode<OnMatch<A>>[] = [];
    for (let i = this.tree.walk(text, found) - 1; i >= 0; i--) {
      const answer = found[i]?.value?.match(run);
      if (answer !== undefined) return answer;
    }
    return undefined;
  }
}
