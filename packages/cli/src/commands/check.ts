import { CliError } from "../cli-error.ts";
import type { CommandKit } from "../command-kit.ts";

/** `check`. */
export function addCheck({ call, command, printLines }: CommandKit): void {
  command(
    "check",
    "everything that is checked before the draft may be published: its problems, the data plane's dry run, the route tests; exit code 1 when something is in the way",
  ).action(async () => {
    const found = await call(async (client) => {
      const [{ problems }, dryRun, tests] = await Promise.all([
        client.draft.check.query(),
        client.review.dryRun.query(),
        client.routeTest.run.query({ source: "draft" }),
      ]);
      return { problems, dryRun, tests };
    });
    const { problems, dryRun, tests } = found;
    const said = [...problems, ...dryRun.problems].map(
      ({ resource, problem }) =>
        `${problem.severity}  ${resource.kind}/${resource.name} ${problem.path}: ${problem.message}`,
    );
    const failed = tests.results.filter(({ passed }) => !passed);
    printLines(found, [
      ...said,
      ...failed.map(({ name, failures }) => `failed  test '${name}': ${failures.join("; ")}`),
      dryRun.state === "unavailable"
        ? `dry run      not done: ${dryRun.reason}`
        : `dry run      ${dryRun.state}, ${dryRun.judged} resources judged`,
      `route tests  ${tests.results.length - failed.length} of ${tests.results.length} pass`,
    ]);
    const errors = problems.filter(({ problem }) => problem.severity === "error").length;
    if (errors > 0 || dryRun.blocks || failed.length > 0) throw new CliError("the draft cannot be published");
  });
}
