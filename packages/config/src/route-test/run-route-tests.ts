import { authorizeRead } from "../access/authorize.ts";
import type { Executor } from "../access/executor.ts";
import { ConfigError, type Context } from "../contract.ts";
import { explainFrom } from "../explain/explain-request.ts";
import type { ExplainInput } from "../explain/explanation.ts";
import { type ExplainSource, openSource } from "../explain/read-source.ts";
import { readLive } from "../version/read-live.ts";
import { requireVersion } from "../version/require-version.ts";
import { judgeRoute } from "./judge-route.ts";
import { readDraftTests, readTestSet } from "./read-tests.ts";
import type { RouteTest, RouteTestResult, RouteTestRun } from "./route-test.ts";

export interface RunRouteTestsInput {
  /** What the requests are followed through. */
  readonly source: ExplainInput["source"];
  /** Whose tests; default: the draft's, so that an older version can be asked what it would have done. */
  readonly tests?: "draft" | "source";
  /** Only those of these names. */
  readonly names?: readonly string[] | undefined;
}

/** Follows every test's request through the draft or a version, by the proxy's own matching code. For any role. `not_found`. */
export async function runRouteTests(context: Context, input: RunRouteTestsInput): Promise<RouteTestRun> {
  await authorizeRead(context, "route_test.run");
  const { db } = context;
  const all = input.tests === "source" ? await testsOf(db, input.source) : await readDraftTests(db);
  const unknown = input.names?.find((name) => !all.some((test) => test.name === name));
  if (unknown !== undefined) throw new ConfigError("not_found", `there is no route test '${unknown}'`);
  const tests = all.filter(({ name }) => input.names?.includes(name) ?? true);
  return await runTests(db, input.source, tests);
}

/** The same for given tests, inside the caller's transaction if it has one. */
export async function runTests(
  executor: Executor,
  source: ExplainInput["source"],
  tests: readonly RouteTest[],
): Promise<RouteTestRun> {
  const opened = remembering(await openSource(executor, source));
  const results: RouteTestResult[] = [];
  for (const test of tests) results.push(await runOne(opened, test));
  return { source: opened.shown, results, failed: results.filter(({ passed }) => !passed).length };
}

async function runOne(source: ExplainSource, test: RouteTest): Promise<RouteTestResult> {
  try {
    return judgeRoute(test, await explainFrom(source, { ...test, source: "draft" }));
  } catch (error) {
    // An older release may have stored what this one does not read as a request.
    if (!(error instanceof ConfigError)) throw error;
    return { name: test.name, passed: false, failures: [error.message], found: {} };
  }
}

async function testsOf(executor: Executor, source: ExplainInput["source"]): Promise<readonly RouteTest[]> {
  if (source === "draft") return await readDraftTests(executor);
  const row =
    source === "live" ? (await readLive(executor))?.version : await requireVersion(executor, source);
  return row === undefined ? [] : await readTestSet(executor, row.routeTests);
}

/** Many tests go through the same listeners and routes: each is read and decoded once. */
function remembering(source: ExplainSource): ExplainSource {
  const known = new Map<string, ReturnType<ExplainSource["read"]>>();
  return {
    shown: source.shown,
    read(schema, kind, names) {
      const key = `${kind} ${names === undefined ? "*" : JSON.stringify(names.toSorted())}`;
      const found = known.get(key) ?? source.read(schema, kind, names);
      known.set(key, found);
      return found as ReturnType<typeof source.read<typeof schema>>;
    },
  };
}
