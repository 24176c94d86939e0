/**
 * For whoever works on a difference: generates, runs both proxies and prints what differs, request by request.
 *
 *     node test/conformance/src/generated/show-generated.ts [seed]
 *         [--listeners=6] [--hosts=25] [--requests=24]   how much: virtual hosts of each listener, requests of each
 *         [--only=l0v3]    requests whose id begins so; [--most=30] requests shown; [--details] with the configuration
 */
import { startPromptEnvoy, startPromptSluice } from "../run-case.ts";
import { runGenerated } from "./compare.ts";
import { differencesOf } from "./differences.ts";
import { tellDifferences } from "./tell-differences.ts";

const option = (name: string, otherwise: string): string =>
  process.argv.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3) ?? otherwise;
const plan = {
  seed: Number(process.argv[2] ?? 1),
  listeners: Number(option("listeners", "6")),
  hostsEach: Number(option("hosts", "25")),
  requestsEach: Number(option("requests", "24")),
  only: option("only", ""),
};
const compared = await runGenerated(plan, [startPromptEnvoy, startPromptSluice]);
const told = { most: Number(option("most", "30")), details: process.argv.includes("--details") };
console.log(tellDifferences(compared, differencesOf(compared), told));
