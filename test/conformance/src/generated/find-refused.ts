/**
 * For whoever works on the generator: which of the virtual hosts made from a seed a proxy refuses, and with what words.
 *
 *     node test/conformance/src/generated/find-refused.ts [seed] [envoy|sluice] [--hosts=N] [--listeners=N]
 */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generate, type Size } from "./generate.ts";

const [, , seedText = "1", kind = "envoy"] = process.argv;
const seed = Number(seedText);
const option = (name: string, otherwise: string): number =>
  Number(process.argv.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3) ?? otherwise);
const size: Size = { listeners: option("listeners", "6"), hostsEach: option("hosts", "25") };
const file = join(tmpdir(), `generated-${process.pid}.yaml`);
const proxy = kind === "envoy" ? ["envoy"] : [process.execPath, "apps/proxy/src/main.ts"];

/** What the proxy says of a configuration with these virtual hosts alone; "" when it takes it. */
function refusal(names: readonly string[]): string {
  const chosen = new Set(names);
  const { yaml } = generate(seed, size, (name) => chosen.has(name));
  writeFileSync(file, yaml.replaceAll("{{dir}}", tmpdir()).replaceAll(/\{\{(upstream2?|dead)\}\}/g, "9"));
  const [command = "", ...args] = proxy;
  const ran = spawnSync(command, [...args, "--mode", "validate", "-l", "error", "-c", file], {
    encoding: "utf8",
  });
  return ran.status === 0 ? "" : `${ran.stdout}${ran.stderr}`.trim();
}

function search(names: readonly string[]): void {
  const words = refusal(names);
  if (words === "") return;
  if (names.length <= 1) {
    console.log(`\n${names[0] ?? "without virtual hosts"}: ${words.slice(-1500)}`);
    const config = generate(seed, size).virtualHosts[names[0] ?? ""];
    console.log(JSON.stringify(config));
    return;
  }
  const half = Math.ceil(names.length / 2);
  search(names.slice(0, half));
  search(names.slice(half));
}

if (refusal([]) === "") search(Object.keys(generate(seed, size).virtualHosts));
else console.log(`without virtual hosts: ${refusal([])}`);
