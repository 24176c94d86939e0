import { parseSelector } from "@sluice/config/browser";
import type { SyntheticProbe } from "@sluice/config/contract";
import { EMPTY_PROBE, type ProbeForm, type ProbeProblems, readProbe } from "./read-probe.ts";

/** What the form holds: texts as typed. */
export interface StrategyForm {
  readonly group: string;
  readonly how: "all" | "share" | "labels";
  readonly percent: string;
  readonly selector: string;
  readonly more: string;
  readonly waitSeconds: string;
  readonly promote: "automatic" | "manual";
  readonly onFailure: "revert" | "pause" | "keep";
  /** Whose synthetic request: the group's, one of this rollout's own, or none. */
  readonly probes: "group" | "own" | "none";
  readonly probe: ProbeForm;
}

export const EMPTY_STRATEGY: StrategyForm = {
  group: "default",
  how: "all",
  percent: "10",
  selector: "",
  more: "",
  waitSeconds: "60",
  promote: "automatic",
  onFailure: "revert",
  probes: "group",
  probe: EMPTY_PROBE,
};

export interface StrategyProblems {
  readonly percent?: true;
  /** In the words of the parser. */
  readonly selector?: string;
  readonly more?: true;
  readonly waitSeconds?: true;
  readonly probe?: ProbeProblems;
}

type Step = { selector: string } | { percent: number };

export interface ReadStrategy {
  /** Undefined: all nodes at once, with the server's defaults. */
  readonly strategy:
    | {
        steps?: Step[];
        stepWaitMs?: number;
        promote?: StrategyForm["promote"];
        onFailure?: StrategyForm["onFailure"];
        probe?: SyntheticProbe | null;
      }
    | undefined;
  readonly problems: StrategyProblems;
}

/** What to send, or what is wrong at which field. */
export function readStrategy(form: StrategyForm): ReadStrategy {
  const probing = probeOf(form);
  if (form.how === "all") {
    if (probing.problems !== undefined) return { strategy: undefined, problems: { probe: probing.problems } };
    return { strategy: probing.probe === undefined ? undefined : { probe: probing.probe }, problems: {} };
  }
  const percent = Number(form.percent);
  const first: Step = form.how === "share" ? { percent } : { selector: form.selector };
  const more = form.more.split(",").flatMap((text) => (text.trim() === "" ? [] : [Number(text)]));
  const shares = form.how === "share" ? [percent, ...more] : more;
  const waitSeconds = Number(form.waitSeconds);
  const selectorProblem = form.how === "labels" ? problemOfSelector(form.selector) : undefined;
  const problems: StrategyProblems = {
    ...(form.how === "share" && !(percent > 0 && percent < 100) ? { percent: true } : {}),
    ...(selectorProblem === undefined ? {} : { selector: selectorProblem }),
    ...(isRising(shares) ? {} : { more: true }),
    ...(waitSeconds >= 0 && form.waitSeconds.trim() !== "" ? {} : { waitSeconds: true }),
    ...(probing.problems === undefined ? {} : { probe: probing.problems }),
  };
  if (Object.keys(problems).length > 0) return { strategy: undefined, problems };
  const steps = [first, ...more.map((share) => ({ percent: share }))];
  const { onFailure, promote } = form;
  const probe = probing.probe === undefined ? {} : { probe: probing.probe };
  return { strategy: { steps, stepWaitMs: waitSeconds * 1000, promote, onFailure, ...probe }, problems };
}

/** Undefined: the group's. */
function probeOf({ probes, probe: form }: StrategyForm): {
  readonly probe?: SyntheticProbe | null | undefined;
  readonly problems?: ProbeProblems;
} {
  if (probes === "group") return {};
  if (probes === "none") return { probe: null };
  const { probe, problems } = readProbe(form);
  return probe === undefined ? { problems } : { probe };
}

function isRising(shares: readonly number[]): boolean {
  return shares.every((share, index) => share > 0 && share <= 100 && share > (shares[index - 1] ?? 0));
}

function problemOfSelector(text: string): string | undefined {
  const parsed = parseSelector(text);
  if ("problem" in parsed) return parsed.problem;
  return parsed.selector.length === 0 ? "zone=a" : undefined;
}
