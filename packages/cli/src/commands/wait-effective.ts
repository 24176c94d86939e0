import type { RolloutStatus } from "@sluice/config";
import type { ApiClient } from "../api-client.ts";
import { CliError } from "../cli-error.ts";
import { EXIT_CODES } from "../exit-codes.ts";

const POLL_MS = 100;

/**
 * Returns once the rollout is effective on every connected node of its group; throws when it can no longer become so, or not
 * without somebody, and after the deadline, saying where it is not. `warn` is told each step of a canary.
 */
export async function waitEffective(
  client: ApiClient,
  rollout: number,
  deadlineMs: number,
  warn: (text: string) => void = () => {},
): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  let told = "";
  for (;;) {
    const status = await client.version.rolloutStatus.query({ rollout });
    if (status.state === "effective") return;
    const failure = failureOf(status);
    if (failure !== undefined) throw new CliError(failure, EXIT_CODES.stopped.code);
    const words = stepWords(status);
    if (words !== told && status.rollout.strategy.steps.length > 1) warn(`${words}\n`);
    told = words;
    if (performance.now() > deadline) {
      throw new CliError(
        `not effective everywhere within ${deadlineMs / 1000} s: ${where(status)}`,
        EXIT_CODES.late.code,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function stepWords({ rollout, progress, effective, connected }: RolloutStatus): string {
  const step = `step ${progress.step + 1} of ${rollout.strategy.steps.length}`;
  return `${step}, ${progress.stage}: effective on ${effective} of ${connected} nodes`;
}

/** Undefined while it may still succeed by itself. */
function failureOf(status: RolloutStatus): string | undefined {
  const { state, progress, rollout } = status;
  const why = progress.reason === undefined ? "" : `: ${progress.reason}`;
  switch (state) {
    case "refused":
      // A canary is taken back by itself; its end says more.
      return rollout.strategy.onFailure === "keep" ? `refused: ${where(status)}` : undefined;
    case "reverted":
      return `taken back${why}`;
    case "aborted":
      return `aborted${why}`;
    case "paused":
      return `paused${why}; \`sluice resume ${rollout.id}\`, \`promote ${rollout.id}\` or \`abort ${rollout.id}\``;
    case "superseded":
      return "a newer rollout took its place";
    case "no_nodes":
      return rollout.strategy.onFailure === "keep"
        ? "no node is connected: the version is live, but nothing runs it"
        : undefined;
    case "waiting":
      return progress.stage === "holding"
        ? `${stepWords(status)}; it waits for \`sluice promote ${rollout.id}\``
        : undefined;
    default:
      return undefined;
  }
}

function isUnanswered({ probe }: RolloutStatus["nodes"][number]): boolean {
  return probe !== undefined && probe.state !== "passed";
}

function where({ nodes }: RolloutStatus): string {
  return nodes
    .filter((node) => node.selected && (node.sync !== "effective" || isUnanswered(node)))
    .map(({ id, sync, behind, probe }) => {
      if (sync === "effective")
        return `${id} has not answered the synthetic request as expected${probe?.reason === undefined ? "" : ` (${probe.reason})`}`;
      const kinds = behind.map(({ kind, message }) => (message === undefined ? kind : `${kind}: ${message}`));
      return `${id} is ${sync}${kinds.map((kind) => ` (${kind})`).join("")}`;
    })
    .join("; ");
}
