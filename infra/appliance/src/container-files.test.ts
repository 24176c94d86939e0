import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { validate } from "dockerfile-utils";
import { parse } from "yaml";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const read = (path: string): string => readFileSync(root + path, "utf8");

interface Compose {
  readonly services: Readonly<
    Record<
      string,
      {
        readonly command?: readonly string[];
        readonly depends_on?: Readonly<Record<string, unknown>>;
        readonly build?: { readonly dockerfile: string };
        readonly volumes?: readonly string[];
      }
    >
  >;
  readonly volumes: Readonly<Record<string, unknown>>;
}

test("the Dockerfile has no lint findings, and what it runs exists", () => {
  const text = read("infra/docker/Dockerfile");
  assert.deepEqual(
    validate(text).map((finding) => `${finding.range.start.line + 1}: ${finding.message}`),
    [],
  );
  const [, command = "[]"] = /^CMD (\[.*\])$/m.exec(text) ?? [];
  const [program, script] = JSON.parse(command);
  assert.equal(program, "node");
  assert.ok(existsSync(root + script));
  const scripts = JSON.parse(read("package.json")).scripts;
  for (const [, name = ""] of text.matchAll(/npm run -s (\w+)/g)) assert.ok(name in scripts, name);
});

test("the compose file's services depend on services that exist and run files that exist", () => {
  const compose: Compose = parse(read("infra/compose/compose.yaml"), { merge: true });
  const names = Object.keys(compose.services);
  assert.deepEqual(names, ["postgres", "migrate", "control", "admin"]);
  for (const [name, service] of Object.entries(compose.services)) {
    for (const needed of Object.keys(service.depends_on ?? {}))
      assert.ok(names.includes(needed), `${name} needs ${needed}`);
    if (service.command !== undefined)
      assert.ok(existsSync(root + service.command[1]), `${name} runs ${service.command[1]}`);
    if (service.build !== undefined) assert.ok(existsSync(root + service.build.dockerfile));
    for (const volume of service.volumes ?? [])
      assert.ok((volume.split(":")[0] ?? "") in compose.volumes, volume);
  }
});

test("the systemd units have the sections that systemd wants and start files that exist", () => {
  for (const file of globSync("infra/systemd/*.service", { cwd: root })) {
    const text = read(file);
    for (const section of ["[Unit]", "[Service]", "[Install]"])
      assert.ok(text.includes(`\n${section}\n`), `${file}: ${section}`);
    for (const line of text.split("\n"))
      assert.match(line, /^(|#.*|\[\w+\]|[A-Z][A-Za-z]+=.*)$/, `${file}: ${line}`);
    const [, start = ""] = /^ExecStart=(.*)$/m.exec(text) ?? [];
    const [, script] = /((?:apps|packages)\/\S+\.ts)/.exec(start) ?? [];
    if (script !== undefined) assert.ok(existsSync(root + script), script);
    else assert.match(start, /npm start$/);
  }
});

test("each timer has the unit that it starts", () => {
  for (const file of globSync("infra/systemd/*.timer", { cwd: root })) {
    assert.ok(existsSync(root + file.replace(/timer$/, "service")), file);
    for (const section of ["[Unit]", "[Timer]", "[Install]"])
      assert.ok(read(file).includes(`\n${section}\n`), `${file}: ${section}`);
  }
});
