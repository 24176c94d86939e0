import { parseSelector } from "@sluice/config/browser";

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
};

export interface StrategyProblems {
  readonly percent?: true;
  /** In the words of the parser. */
  readonly selector?: string;
  readonly more?: true;
  readonly waitSeconds?: true;
}

type Step = { selector: string } | { percent: number };

export interface ReadStrategy {
  /** Undefined: all nodes at once, with the server's defaults. */
  readonly strategy:
    | {
        steps: Step[];
        stepWaitMs: number;
        promote: StrategyForm["promote"];
        onFailure: StrategyForm["onFailure"];
      }
    | undefined;
  readonly problems: StrategyProblems;
}

/** What to send, or what is wrong at which field. */
export function readStrategy(form: StrategyForm): ReadStrategy {
  if (form.how === "all") return { strategy: undefined, problems: {} };
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
  };
  if (Object.keys(problems).length > 0) return { strategy: undefined, problems };
  const steps = [first, ...more.map((share) => ({ percent: share }))];
  const { onFailure, promote } = form;
  return { strategy: { steps, stepWaitMs: waitSeconds * 1000, promote, onFailure }, problems };
}

function isRising(shares: readonly number[]): boolean {
  return shares.every((share, index) => share > 0 && share <= 100 && share > (shares[index - 1] ?? 0));
}

function problemOfSelector(text: string): string | undefined {
  const parsed = parseSelector(text);
  if ("problem" in parsed) return parsed.problem;
  return parsed.selector.length === 0 ? "zone=a" : undefined;
}
