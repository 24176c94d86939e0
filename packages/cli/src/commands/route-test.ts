import type { RouteTest } from "@sluice/config";
import { Option } from "commander";
import { CliError } from "../cli-error.ts";
import type { CommandKit } from "../command-kit.ts";
import { collect } from "../read-option.ts";
import { resolveVersion } from "../resolve-version.ts";
import { type ExplainOptions, explainInput } from "./explain.ts";
import {
  type ExpectationOptions,
  expectationOf,
  expectationText,
  readExpectation,
} from "./route-expectation.ts";

type AddOptions = Omit<ExplainOptions, "version" | "draft"> & ExpectationOptions;

/** Those of a version have nobody who changed them last. */
type ListedTest = RouteTest & { readonly updatedBy?: string };

/** `test run|add|list|remove`. */
export function addRouteTests(kit: CommandKit): void {
  const { call, command, print, printLines } = kit;
  const parent = command(
    "test",
    "route tests: requests and the way that they must take before a draft is published",
  );

  command(
    "run [names...]",
    "run the draft's route tests, or some of them; exit code 1 when one fails",
    parent,
  )
    .option("--version <version>", "against a version (number or tag) instead of the draft")
    .option("--live", "against what is live instead of the draft")
    .addOption(
      new Option("--tests <whose>", "whose tests: the draft's, or those of what is tested")
        .choices(["draft", "source"])
        .default("draft"),
    )
    .action(
      async (names: string[], options: { version?: string; live?: boolean; tests: "draft" | "source" }) => {
        const run = await call(async (client) =>
          client.routeTest.run.query({
            source: options.live
              ? "live"
              : options.version
                ? await resolveVersion(client, options.version)
                : "draft",
            tests: options.tests,
            ...(names.length === 0 ? {} : { names }),
          }),
        );
        printLines(run, [
          ...run.results.map(({ name, passed, failures }) =>
            passed ? `ok      ${name}` : `FAILED  ${name}: ${failures.join("; ")}`,
          ),
          `${run.results.length - run.failed} passed, ${run.failed} failed`,
        ]);
        if (run.failed > 0)
          throw new CliError(`${run.failed} route test${run.failed === 1 ? " fails" : "s fail"}`);
      },
    );

  command(
    "add <name> <method> <url>",
    "keep a request as a test of the draft; without an expectation it must go on taking the way that it takes now",
    parent,
  )
    .option("-H, --header <name: value>", "a header; may be repeated", collect, [])
    .option("--listener <name or port>", "where it arrives (default: the URL's port, else the only listener)")
    .option("--client-ip <address>", "who sends it (default: 192.0.2.1, an external address)")
    .option("--sni <name>", "the TLS server name (default: the URL's host)")
    .option("--alpn <names>", "ALPN in the client's order, with commas between")
    .option("--cluster <name>", "expect: the cluster that gets it")
    .option("--expect-listener <name>", "expect: the listener that takes it")
    .option("--virtual-host <name>", "expect: the virtual host")
    .option("--route <name or path>", "expect: the route, by name or as virtual_hosts[0].routes[1]")
    .option("--status <code>", "expect: the status that the proxy itself answers with")
    .option("--location <url>", "expect: where it is redirected to")
    .action(async (name: string, method: string, url: string, options: AddOptions) => {
      const { source: _, ...request } = explainInput(method, url, { ...options, draft: true });
      const given = readExpectation(options);
      const stored = await call(async (client) => {
        const expect =
          given ?? expectationOf(await client.explain.request.query({ ...request, source: "draft" }));
        return await client.routeTest.put.mutate({ ...request, name, expect });
      });
      printLines(stored, [`${stored.name}: ${expectationText(stored.expect)}`]);
    });

  const list = command("list", "the draft's route tests, or those of a version", parent);
  list.option("--version <version>", "of a version (number or tag)");
  list.action(async ({ version }: { version?: string }) => {
    const tests: readonly ListedTest[] = await call(async (client) =>
      version === undefined
        ? await client.routeTest.list.query()
        : await client.routeTest.ofVersion.query({ version: await resolveVersion(client, version) }),
    );
    print(
      tests,
      [
        { title: "test", value: (row) => row.name },
        { title: "request", value: (row) => `${row.method} ${row.url}` },
        { title: "expects", value: (row) => expectationText(row.expect) },
        { title: "by", value: (row) => row.updatedBy ?? "" },
      ],
      tests,
    );
  });

  command("remove <name>", "take a route test out of the draft", parent).action(async (name: string) => {
    await call((client) => client.routeTest.remove.mutate({ name }));
    printLines({ removed: name }, [`removed '${name}'`]);
  });
}
