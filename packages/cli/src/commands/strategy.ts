import type { StrategyInput } from "@sluice/config";
import { CliError } from "../cli-error.ts";
import { durationOf } from "../read-option.ts";
import { type ProbeOptions, probeOf } from "./probe.ts";

export interface StrategyOptions extends ProbeOptions {
  readonly canary?: string;
  readonly steps?: string;
  readonly waitStep?: string;
  readonly within?: string;
  readonly manual?: boolean;
  readonly onFailure?: string;
  readonly compare?: boolean;
  readonly minRequests?: string;
}

/** What publish and rollback take for a gradual rollout; undefined: all nodes at once, with the server's defaults. */
export function strategyOf(options: StrategyOptions): StrategyInput | undefined {
  const steps = stepsOf(options);
  const { onFailure } = options;
  if (onFailure !== undefined && !isOnFailure(onFailure)) {
    throw new CliError(`--on-failure ${onFailure}: revert, pause or keep`, 2);
  }
  const requestsMin = options.minRequests === undefined ? undefined : Number(options.minRequests);
  if (requestsMin !== undefined && !(requestsMin >= 1)) {
    throw new CliError(`--min-requests ${options.minRequests}: a number from 1`, 2);
  }
  const probe = probeOf(options);
  const strategy: StrategyInput = {
    ...(probe === undefined ? {} : { probe }),
    ...(steps.length === 0 ? {} : { steps }),
    ...(options.waitStep === undefined ? {} : { stepWaitMs: durationOf("--wait-step", options.waitStep) }),
    ...(options.within === undefined ? {} : { effectiveWithinMs: durationOf("--within", options.within) }),
    ...(options.manual ? { promote: "manual" } : {}),
    ...(onFailure === undefined ? {} : { onFailure }),
    ...(options.compare === false
      ? { compare: null }
      : requestsMin === undefined
        ? {}
        : { compare: { requestsMin } }),
  };
  return Object.keys(strategy).length === 0 ? undefined : strategy;
}

type Step = NonNullable<StrategyInput["steps"]>[number];

/** `--canary` is the first step: a share, or a label selector. */
function stepsOf({ canary, steps }: StrategyOptions): readonly Step[] {
  const rest = steps === undefined ? [] : steps.split(",").map((text) => percentOf("--steps", text));
  if (canary === undefined) return rest;
  if (!/^[\d.]+\s*%?$/.test(canary.trim())) return [{ selector: canary }, ...rest];
  const first = percentOf("--canary", canary);
  return [first, ...rest.filter(({ percent }) => percent > first.percent)];
}

function percentOf(option: string, text: string): { readonly percent: number } {
  const percent = Number(text.trim().replace(/%$/, ""));
  if (text.trim() === "" || !(percent > 0 && percent <= 100)) {
    throw new CliError(`${option} '${text}': a percentage above 0 and up to 100`, 2);
  }
  return { percent };
}

function isOnFailure(text: string): text is NonNullable<StrategyInput["onFailure"]> {
  return text === "revert" || text === "pause" || text === "keep";
}
