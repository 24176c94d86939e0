import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { createProgram } from "../program.ts";

async function script(shell: string): Promise<string> {
  const out: string[] = [];
  const program = createProgram({ environment: {}, write: (text) => out.push(text), warn: () => {} });
  await program.parseAsync(["node", "sluice", "completion", shell]);
  return out.join("");
}

function complete(bash: string, words: readonly string[]): string[] {
  const line = words.map((word) => `'${word}'`).join(" ");
  const asked = `${bash}\nCOMP_WORDS=(${line}); COMP_CWORD=${words.length - 1}; _sluice; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync("bash", ["-c", asked], { encoding: "utf8" }).trim().split("\n");
}

test("bash completes commands, commands below them, and their options", async () => {
  const bash = await script("bash");
  assert.deepEqual(complete(bash, ["sluice", "pub"]), ["publish"]);
  assert.deepEqual(complete(bash, ["sluice", "test", "r"]), ["run", "remove"]);
  assert.deepEqual(complete(bash, ["sluice", "test", "run", "--ver"]), ["--version"]);
  assert.deepEqual(complete(bash, ["sluice", "diff", "--imp"]), ["--impact"]);
  assert.deepEqual(complete(bash, ["sluice", "completion", ""]).slice(-3), ["bash", "zsh", "fish"]);
});

test("bash completes what may stand behind an option, and kinds of resources", async () => {
  const bash = await script("bash");
  assert.deepEqual(complete(bash, ["sluice", "nodes", "-o", ""]), ["table", "json", "yaml"]);
  assert.deepEqual(complete(bash, ["sluice", "-o", "j"]), ["json"]);
  assert.deepEqual(complete(bash, ["sluice", "versions", "--output", "y"]), ["yaml"]);
  assert.deepEqual(complete(bash, ["sluice", "revert", "routes", "shop", "--all", ""]), ["old", "draft"]);
  assert.deepEqual(complete(bash, ["sluice", "blame", "rou"]), ["routes"]);
});

test("a reader that wants no more ends the command quietly", () => {
  const main = fileURLToPath(new URL("../main.ts", import.meta.url));
  const command = `'${process.execPath}' '${main}' completion zsh | true; echo \${PIPESTATUS[0]}`;
  const { stdout, stderr } = spawnSync("bash", ["-c", command], { encoding: "utf8" });
  assert.deepEqual([stdout, stderr], ["0\n", ""]);
});

test("zsh and fish get every command with its description; another shell is wrong usage", async () => {
  assert.match(
    await script("zsh"),
    /'blame:who gave each field of a resource its value, in which version, when and why'/,
  );
  const fish = await script("fish");
  assert.match(fish, /complete -c sluice -n "__sluice_at 'test run'" -l version /);
  await assert.rejects(script("tcsh"), { exitCode: 2 });
});
