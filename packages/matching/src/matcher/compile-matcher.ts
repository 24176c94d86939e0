import {
  type ServerNameMatcher,
  ServerNameMatcherSchema,
} from "@sluice/xds/gen/xds/type/matcher/v3/domain_pb.js";
import { type IPMatcher, IPMatcherSchema } from "@sluice/xds/gen/xds/type/matcher/v3/ip_pb.js";
import { toBinaryString } from "../binary-string.ts";
import type { Compiled } from "../contract.ts";
import { fieldPath, ProblemList } from "../problem-list.ts";
import type { InputMatcher } from "./input-matcher.ts";
import { compileIpBranches } from "./ip-branches.ts";
import type { MatchStep } from "./match-trace.ts";
import {
  AlwaysNode,
  type Branches,
  ExactBranches,
  ListNode,
  type MatchAnswer,
  type MatchNode,
  OnMatch,
  PrefixBranches,
  TreeNode,
} from "./match-tree.ts";
import type { MatchInput, MatchingData } from "./matching-data.ts";
import { compilePredicate, type PredicateConfig } from "./predicate.ts";
import { compileServerNameBranches } from "./server-name-branches.ts";
import { compileExtension, type KnownExtensions, known, type TypedExtension } from "./typed-extension.ts";

/** `xds.type.matcher.v3.Matcher` and `envoy.config.common.matcher.v3.Matcher`: the same message under two names. */
export interface MatcherConfig {
  readonly matcherType:
    | {
        readonly case: "matcherList";
        readonly value: {
          readonly matchers: readonly {
            readonly predicate?: PredicateConfig | undefined;
            readonly onMatch?: OnMatchConfig | undefined;
          }[];
        };
      }
    | { readonly case: "matcherTree"; readonly value: TreeConfig }
    | { readonly case: undefined; readonly value?: undefined };
  readonly onNoMatch?: OnMatchConfig | undefined;
}

interface OnMatchConfig {
  readonly onMatch:
    | { readonly case: "matcher"; readonly value: MatcherConfig }
    | { readonly case: "action"; readonly value: TypedExtension }
    | { readonly case: undefined; readonly value?: undefined };
  readonly keepMatching: boolean;
}

interface TreeConfig {
  readonly input?: TypedExtension | undefined;
  readonly treeType:
    | {
        readonly case: "exactMatchMap" | "prefixMatchMap";
        readonly value: { readonly map: Readonly<Record<string, OnMatchConfig>> };
      }
    | { readonly case: "customMatch"; readonly value: TypedExtension }
    | { readonly case: undefined; readonly value?: undefined };
}

export interface CompileMatcherOptions<A> {
  /** HTTP_INPUTS, NETWORK_INPUTS or a selection: another input is refused by name. */
  readonly inputs: KnownExtensions<MatchInput>;
  /** Custom matchers beside those of this package. */
  readonly matchers?: KnownExtensions<InputMatcher> | undefined;
  /** Compiles an action; `path` is where its TypedExtensionConfig stands. */
  action(config: TypedExtension, path: string): Compiled<A>;
  /** False: `keep_matching` is refused, as Envoy does where one answer is wanted. Default true. */
  readonly keepMatching?: boolean;
}

/** A matcher tree, ready to be asked. Immutable and without state. */
export class MatcherTree<A> {
  private readonly root: MatchNode<A>;

  constructor(root: MatchNode<A>) {
    this.root = root;
  }

  /**
   * The action for `data`; `undefined` when nothing matches, INSUFFICIENT_DATA when that is not certain yet.
   *
   * @param onSkipped told of every action that matches but says `keep_matching`
   */
  match(data: MatchingData, onSkipped?: (action: A) => void): MatchAnswer<A> {
    return this.root.match({ data, trace: undefined, onSkipped });
  }

  /** The same decision with each step that led to it. */
  explain(data: MatchingData): { readonly answer: MatchAnswer<A>; readonly steps: readonly MatchStep[] } {
    const trace: MatchStep[] = [];
    return { answer: this.root.match({ data, trace, onSkipped: undefined }), steps: trace };
  }
}

/** Every problem at once; `path` is where the matcher stands. */
export function compileMatcher<A extends object>(
  config: MatcherConfig,
  path: string,
  options: CompileMatcherOptions<A>,
): Compiled<MatcherTree<A>> {
  const problems = new ProblemList();
  const root = new Compiler(options, problems).node(config, path, 0);
  return problems.result(() => new MatcherTree(root));
}

// As deep as Envoy's own recursion over a configuration may safely go here.
const DEPTH_MAX = 64;

class Compiler<A> {
  private readonly options: CompileMatcherOptions<A>;
  private readonly problems: ProblemList;

  constructor(options: CompileMatcherOptions<A>, problems: ProblemList) {
    this.options = options;
    this.problems = problems;
  }

  node(config: MatcherConfig, path: string, depth: number): MatchNode<A> {
    const { problems, options } = this;
    const onNoMatch =
      config.onNoMatch === undefined
        ? undefined
        : this.onMatch(config.onNoMatch, fieldPath(path, "on_no_match"), depth);
    if (depth > DEPTH_MAX) {
      problems.error(path, `matchers are nested more than ${DEPTH_MAX} deep`);
      return new AlwaysNode(onNoMatch);
    }
    const type = config.matcherType;
    if (type.case === undefined) return new AlwaysNode(onNoMatch);
    if (type.case === "matcherTree")
      return this.tree(type.value, onNoMatch, fieldPath(path, "matcher_tree"), depth);
    const entries = type.value.matchers.flatMap((matcher, i) => {
      const at = fieldPath(path, `matcher_list.matchers[${i}]`);
      const predicate = problems.take(
        compilePredicate(matcher.predicate, options, fieldPath(at, "predicate")),
      );
      const onMatch = this.onMatch(matcher.onMatch, fieldPath(at, "on_match"), depth);
      return predicate === undefined || onMatch === undefined ? [] : [{ predicate, onMatch }];
    });
    if (type.value.matchers.length === 0)
      problems.error(fieldPath(path, "matcher_list.matchers"), "at least one matcher is required");
    return new ListNode(entries, onNoMatch);
  }

  private onMatch(config: OnMatchConfig | undefined, path: string, depth: number): OnMatch<A> | undefined {
    const on = config?.onMatch;
    const keep = config?.keepMatching ?? false;
    if (keep && this.options.keepMatching === false)
      this.problems.error(fieldPath(path, "keep_matching"), "keep_matching is not supported in this context");
    switch (on?.case) {
      case "matcher":
        return new OnMatch<A>(
          path,
          undefined,
          this.node(on.value, fieldPath(path, "matcher"), depth + 1),
          keep,
        );
      case "action": {
        const action = this.problems.take(this.options.action(on.value, fieldPath(path, "action")));
        return action === undefined ? undefined : new OnMatch<A>(path, action, undefined, keep);
      }
      default:
        this.problems.error(path, "one of matcher and action is required");
        return undefined;
    }
  }

  private tree(
    config: TreeConfig,
    onNoMatch: OnMatch<A> | undefined,
    path: string,
    depth: number,
  ): MatchNode<A> {
    const { problems, options } = this;
    const at = fieldPath(path, "input");
    const input = problems.take(compileExtension(config.input, options.inputs, "matching input", at));
    const branches = this.branches(config.treeType, path, depth);
    if (input === undefined || branches === undefined) return new AlwaysNode(onNoMatch);
    return new TreeNode(path, input, branches, onNoMatch);
  }

  private branches(type: TreeConfig["treeType"], path: string, depth: number): Branches<A> | undefined {
    switch (type.case) {
      case "exactMatchMap":
      case "prefixMatchMap": {
        const exact = type.case === "exactMatchMap";
        const field = fieldPath(path, exact ? "exact_match_map.map" : "prefix_match_map.map");
        const map = new Map<string, OnMatch<A>>();
        for (const [key, config] of Object.entries(type.value.map)) {
          const onMatch = this.onMatch(config, `${field}[${JSON.stringify(key)}]`, depth);
          if (onMatch !== undefined) map.set(toBinaryString(key), onMatch);
        }
        if (Object.keys(type.value.map).length === 0)
          this.problems.error(field, "at least one entry is required");
        return exact ? new ExactBranches(map) : new PrefixBranches(map);
      }
      case "customMatch":
        return this.custom(type.value, fieldPath(path, "custom_match"), depth);
      default:
        this.problems.error(path, "one of exact_match_map, prefix_match_map and custom_match is required");
        return undefined;
    }
  }

  private custom(config: TypedExtension, path: string, depth: number): Branches<A> | undefined {
    const onMatch = (branch: OnMatchConfig | undefined, at: string) => this.onMatch(branch, at, depth);
    const matchers: KnownExtensions<Branches<A>> = new Map([
      known<IPMatcher, Branches<A>>(IPMatcherSchema, (message, at) => ({
        ok: true,
        value: compileIpBranches(message, at, this.problems, onMatch),
      })),
      known<ServerNameMatcher, Branches<A>>(ServerNameMatcherSchema, (message, at) => ({
        ok: true,
        value: compileServerNameBranches(message, at, this.problems, onMatch),
      })),
    ]);
    return this.problems.take(compileExtension(config, matchers, "custom matcher", path));
  }
}
