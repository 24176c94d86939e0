import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { freePort } from "@sluice/harness";

const here = fileURLToPath(new URL(".", import.meta.url));
const proxyMain = fileURLToPath(new URL("../../../apps/proxy/src/main.ts", import.meta.url));
const skip = spawnSync("go", ["version"]).status === 0 ? false : "Go is not installed";
const MODULE = "github.com/envoyproxy/go-control-plane";
const DEADLINE_MS = 120_000;

let work = "";
let samples = "";
const binary = (): string => join(work, "suite");

before(() => {
  if (skip !== false) return;
  work = mkdtempSync("/tmp/sluice-suite-");
  const go = (...args: string[]) => spawnSync("go", args, { cwd: here, encoding: "utf8" });
  const built = go("build", "-o", binary(), `${MODULE}/pkg/test/main`);
  assert.equal(built.status, 0, built.stderr);
  samples = join(go("list", "-m", "-f", "{{.Dir}}", MODULE).stdout.trim(), "sample");
});
after(() => {
  if (work !== "") rmSync(work, { recursive: true, force: true });
});

/** The suite's own bootstrap, at other ports and without the deprecated `access_log_path`. */
function bootstrap(mode: string, ports: Readonly<Record<string, number>>): string {
  let text = readFileSync(join(samples, `bootstrap-${mode}.yaml`), "utf8");
  for (const [from, to] of Object.entries(ports)) text = text.replaceAll(from, String(to));
  return text.replace(/^ +access_log_path: .*\n/m, "");
}

function exit(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.once("close", resolve));
}

/** The first of `count` ports in a row that are free now. */
async function freePorts(count: number): Promise<number> {
  for (;;) {
    const first = await freePort();
    const servers = Array.from({ length: count }, () => createServer());
    const free = await Promise.all(
      servers.map(
        (server, index) =>
          new Promise<boolean>((resolve) => {
            server.once("error", () => resolve(false));
            server.listen(first + index, "127.0.0.1", () => resolve(true));
          }),
      ),
    );
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    if (free.every(Boolean)) return first;
  }
}

// The suite leaves out virtual hosts of their own (VHDS) itself in all modes but delta.
for (const mode of ["ads", "xds", "rest", "delta", "delta-ads"]) {
  test(`go-control-plane's own end-to-end test passes: ${mode}`, { skip }, async () => {
    const [xds, gateway, als, base] = [
      await freePort(),
      await freePort(),
      await freePort(),
      await freePorts(8),
    ];
    const upstream = createServer((_request, response) => response.end("from upstream"));
    await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
    const address = upstream.address();
    assert.ok(typeof address === "object" && address !== null);
    const file = join(work, `${mode}.yaml`);
    writeFileSync(file, bootstrap(mode, { 18000: xds, 18001: gateway, 18090: als, 19000: 0 }));
    const ports = ["-port", xds, "-gateway", gateway, "-als", als, "-upstream", address.port, "-base", base];
    const counts = ["-http", 2, "-tcp", 2, "-scopedhttp", 2, "-vhdshttp", 2, "-u", 2, "-r", 12];
    const said = ["-xds", mode, "-message", "from upstream", "-runtimes", mode === "ads" ? 2 : 1];
    const suite = spawn(binary(), [...said, ...ports, ...counts].map(String), {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const proxy = spawn(
      process.execPath,
      [proxyMain, "-c", file, "--drain-time-s", "1", "--concurrency", "1"],
      {
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    let output = "";
    for (const stream of [suite.stdout, suite.stderr, proxy.stdout, proxy.stderr]) {
      stream.on("data", (chunk: Buffer) => {
        output += chunk.toString();
      });
    }
    const ended = exit(proxy);
    const deadline = setTimeout(() => suite.kill("SIGKILL"), DEADLINE_MS);
    try {
      assert.equal(await exit(suite), 0, output);
      assert.match(output, new RegExp(`Test for ${mode} passed!`));
    } finally {
      clearTimeout(deadline);
      proxy.kill("SIGKILL");
      await ended;
      upstream.closeAllConnections();
      upstream.close();
    }
  });
}
