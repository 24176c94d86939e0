import type { ApiClient } from "../api-client.ts";
import { CliError } from "../cli-error.ts";

const POLL_MS = 100;

/** Returns once the rollout is effective on every connected node; throws saying where it is not. */
export async function waitEffective(client: ApiClient, rollout: number, deadlineMs: number): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const status = await client.version.rolloutStatus.query({ rollout });
    if (status.state === "effective") return;
    const behind = status.nodes.filter((node) => node.sync !== "effective");
    const where = behind
      .map(
        (node) =>
          `${node.id} is ${node.sync}${node.behind.map((kind) => ` (${kind.kind}${kind.message === undefined ? "" : `: ${kind.message}`})`).join("")}`,
      )
      .join("; ");
    if (status.state === "refused") throw new CliError(`refused: ${where}`);
    if (status.state === "superseded") throw new CliError("a newer rollout took its place");
    if (status.state === "no_nodes")
      throw new CliError("no node is connected: the version is live, but nothing runs it");
    if (performance.now() > deadline)
      throw new CliError(`not effective everywhere within ${deadlineMs / 1000} s: ${where}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
