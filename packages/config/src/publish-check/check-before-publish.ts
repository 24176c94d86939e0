import { requireNeed } from "../access/authorize.ts";
import type { Transaction } from "../access/executor.ts";
import { appendAudit } from "../audit/append-audit.ts";
import { ConfigError, type Context } from "../contract.ts";
import type { ReadDraft } from "../draft/read-draft.ts";
import { readDraftTests } from "../route-test/read-tests.ts";
import type { RouteTestResult } from "../route-test/route-test.ts";
import { runTests } from "../route-test/run-route-tests.ts";
import { type DryRun, dryRun } from "./dry-run.ts";

/** Publishes although a route test fails or the data plane refuses something. Needs config.override; the reason is on record. */
export interface PublishOverride {
  readonly reason: string;
}

/** `details` of the `invalid` that stops a publish here. */
export interface PublishRefusal {
  /** The data plane's words, each at its resource. */
  readonly problems: DryRun["problems"];
  readonly failedTests: readonly RouteTestResult[];
  /** Whoever has config.override may publish all the same, with a reason. */
  readonly overridable: true;
}

const REASON_LENGTH_MIN = 3;

/**
 * What must hold before a draft goes live, beside its own rules: every route test, and the data plane's own judgement. Throws
 * `invalid` (details: PublishRefusal). That the data plane could not be asked stops nobody, but is on record.
 */
export async function checkBeforePublish(
  tx: Transaction,
  context: Context,
  draft: ReadDraft,
  override: PublishOverride | undefined,
): Promise<void> {
  const { results } = await runTests(tx, "draft", await readDraftTests(tx));
  const failedTests = results.filter(({ passed }) => !passed);
  const judged = await dryRun(tx, context, draft);
  const problems = judged.blocks ? judged.problems : [];
  if (judged.state === "unavailable" && context.dataPlane !== undefined)
    await appendAudit(tx, context, {
      action: "version.unchecked",
      subject: "draft",
      details: { reason: judged.reason },
    });
  if (failedTests.length === 0 && problems.length === 0) return;
  if (override === undefined) throw refusal(failedTests, problems);
  requireNeed(
    context.actor,
    { permission: "config.override" },
    { action: "to publish although checks fail", subject: "draft" },
  );
  const reason = override.reason.trim();
  if (reason.length < REASON_LENGTH_MIN)
    throw new ConfigError("invalid", "say why it is published although checks fail");
  await appendAudit(tx, context, {
    action: "version.override",
    subject: "draft",
    details: {
      reason,
      failedTests: failedTests.map(({ name, failures }) => ({ name, failures })),
      refused: problems.map(
        ({ resource, problem }) => `${resource.kind}/${resource.name}: ${problem.message}`,
      ),
    },
  });
}

function refusal(failedTests: readonly RouteTestResult[], problems: DryRun["problems"]): ConfigError {
  const parts: string[] = [];
  const [test] = failedTests;
  if (test !== undefined) {
    const more = failedTests.length > 1 ? ` and ${failedTests.length - 1} more fail` : " fails";
    parts.push(`route test '${test.name}'${more}: ${test.failures[0] ?? ""}`);
  }
  const [first] = problems;
  if (first !== undefined) {
    const { resource, problem } = first;
    const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : "";
    parts.push(`the data plane would refuse ${resource.kind} '${resource.name}': ${problem.message}${more}`);
  }
  const details: PublishRefusal = { problems, failedTests, overridable: true };
  return new ConfigError("invalid", parts.join("; "), details);
}
