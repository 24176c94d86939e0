import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

describe("the proxy's bundle", () => {
  const copy = mkdtempSync(join(tmpdir(), "sluice-bundle-"));
  const node = (...args: string[]) => {
    const done = spawnSync(process.execPath, args, { cwd: copy, encoding: "utf8", timeout: 120_000 });
    return { status: done.status, out: done.stdout + done.stderr };
  };
  const current = () =>
    node(
      "-e",
      "import('./apps/proxy/src/current-bundle.ts').then(m => console.log(String(m.currentBundle())))",
    );

  before(() => {
    for (const part of ["apps/proxy", "packages", "package.json", "package-lock.json", "tsconfig.json"])
      cpSync(join(ROOT, part), join(copy, part), {
        recursive: true,
        filter: (path) => !/\/(dist|node_modules)(\/|$)/.test(path),
      });
    // Workspace packages have to be those of the copy; what is installed may be shared.
    cpSync(join(ROOT, "node_modules/@sluice"), join(copy, "node_modules/@sluice"), {
      recursive: true,
      verbatimSymlinks: true,
    });
    for (const name of readdirSync(join(ROOT, "node_modules")))
      if (name !== "@sluice") symlinkSync(join(ROOT, "node_modules", name), join(copy, "node_modules", name));
  });
  after(() => rmSync(copy, { recursive: true, force: true }));

  it("is used while it is made of the sources as they are, and is not after a change of one", () => {
    assert.equal(current().out, "undefined\n");
    assert.deepEqual(node("apps/proxy/scripts/bundle.ts"), { status: 0, out: "" });
    assert.match(current().out, /^file:.*\/apps\/proxy\/dist\/[0-9a-f]{16}\/\n$/);
    const config = join(copy, "bootstrap.yaml");
    writeFileSync(config, "static_resources: { clusters: [{ name: a }, { name: a }] }\n");
    const validate = () => node("apps/proxy/src/main.ts", "--mode", "validate", "-c", config);
    const bundled = validate();
    assert.equal(bundled.status, 1);
    assert.match(bundled.out, /static_resources\.clusters/);
    writeFileSync(join(copy, "apps/proxy/src/run-proxy.ts"), "export const runProxy = async () => 7;\n");
    assert.equal(current().out, "undefined\n");
    assert.equal(validate().status, 7);
    assert.deepEqual(node("apps/proxy/scripts/bundle.ts", "--if-changed"), { status: 0, out: "" });
    assert.match(current().out, /^file:/);
    assert.equal(validate().status, 7);
  });
});
