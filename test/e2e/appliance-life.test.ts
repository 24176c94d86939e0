import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { freePorts } from "@sluice/harness";
import { freshDataDir, runApplianceToEnd, startAppliance } from "./start-appliance.ts";

async function health(url: string): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${url}/api/health`, { signal: AbortSignal.timeout(5_000) });
  return { status: response.status, body: await response.json() };
}

/** Processes whose command line or environment names the data directory. */
function processesOf(dataDir: string): string[] {
  const found: string[] = [];
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
      const environment = readFileSync(`/proc/${pid}/environ`, "utf8");
      if (
        Number(pid) !== process.pid &&
        (command.includes(dataDir) || environment.includes(`SLUICE_DATA_DIR=${dataDir}`))
      ) {
        found.push(`${pid} ${command.replaceAll("\0", " ")}`);
      }
    } catch {
      // It ended meanwhile.
    }
  }
  return found;
}

async function until(what: string, condition: () => boolean, deadlineMs: number): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`not within ${deadlineMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test("starts, tells its health, ends cleanly on Ctrl-C, starts again on the same data in under 6 s, and recovers from kill -9", async (t) => {
  const dataDir = freshDataDir();
  try {
    const first = await startAppliance({ dataDir });
    assert.match(first.output(), /sign in as admin@sluice\.local/);
    assert.equal((await health(first.url)).status, 200);
    assert.equal(await first.stop(), 0);
    assert.deepEqual(processesOf(dataDir), [], "nothing is left behind");

    // Other work on the machine slows a start; what the appliance needs itself is the least of three.
    const tookMs: number[] = [];
    for (let i = 0; i < 3; i++) {
      const startedAt = performance.now();
      const again = await startAppliance({ dataDir });
      tookMs.push(Math.round(performance.now() - startedAt));
      assert.doesNotMatch(again.output(), /sign in as/, "the first user is made once");
      if (i < 2) assert.equal(await again.stop(), 0);
      else await again.kill();
    }
    t.diagnostic(`further starts took ${tookMs.join(", ")} ms`);
    assert.ok(Math.min(...tookMs) < 6_000, `further starts took ${tookMs.join(", ")} ms`);

    const third = await startAppliance({ dataDir });
    assert.equal((await health(third.url)).status, 200);
    assert.equal(await third.stop(), 0);
    await until("all processes are gone", () => processesOf(dataDir).length === 0, 45_000).catch(
      (error: unknown) => assert.fail(`${String(error)}; left: ${processesOf(dataDir).join("\n")}`),
    );
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
});

test("a part that dies is started again", async () => {
  const appliance = await startAppliance();
  try {
    const control = processesOf(appliance.dataDir).find((line) => line.includes("apps/control/src/main.ts"));
    assert.ok(control !== undefined);
    process.kill(Number(control.split(" ")[0]), "SIGKILL");
    await until(
      "the crash is told",
      () => appliance.output().includes("control ended unexpectedly (signal SIGKILL)"),
      20_000,
    );
    const deadline = performance.now() + 60_000;
    while ((await health(appliance.url)).status !== 200) {
      assert.ok(performance.now() < deadline, "healthy again within 60 s");
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  } finally {
    assert.equal(await appliance.stop(), 0);
  }
});

test("a port in use is one line that names the variable, and exit code 1", async () => {
  const dataDir = freshDataDir();
  const [xds = 0, control = 0, node = 0] = await freePorts(3);
  const squatter = createServer().listen({ host: "127.0.0.1", port: 0 });
  await new Promise((resolve) => squatter.once("listening", resolve));
  const address = squatter.address();
  assert.ok(typeof address === "object" && address !== null);
  try {
    const { code, output } = await runApplianceToEnd({
      SLUICE_DATA_DIR: dataDir,
      PORT: String(address.port),
      SLUICE_XDS_PORT: String(xds),
      SLUICE_CONTROL_HEALTH_PORT: String(control),
      SLUICE_NODE_ADMIN_PORT: String(node),
    });
    assert.equal(code, 1);
    assert.equal(
      output.trim(),
      `sluice: port ${address.port} of 127.0.0.1, for the dashboard, is in use by another program: stop that, or set PORT to a free port`,
    );
  } finally {
    squatter.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
});

test("a DATABASE_URL that does not work is one line that says why, and exit code 1", async () => {
  const dataDir = freshDataDir();
  const [closed = 0, admin = 0, xds = 0, control = 0, node = 0] = await freePorts(5);
  const ports = {
    PORT: String(admin),
    SLUICE_XDS_PORT: String(xds),
    SLUICE_CONTROL_HEALTH_PORT: String(control),
    SLUICE_NODE_ADMIN_PORT: String(node),
  };
  try {
    const refused = await runApplianceToEnd({
      SLUICE_DATA_DIR: dataDir,
      DATABASE_URL: `postgres://u:secret@127.0.0.1:${closed}/x`,
      ...ports,
    });
    assert.equal(refused.code, 1);
    assert.match(
      refused.output,
      new RegExp(`DATABASE_URL: the Postgres server at 127\\.0\\.0\\.1:${closed} cannot be reached`),
    );
    assert.doesNotMatch(refused.output, /secret/);
    const nonsense = await runApplianceToEnd({
      SLUICE_DATA_DIR: dataDir,
      DATABASE_URL: "mysql://x",
      ...ports,
    });
    assert.equal(nonsense.code, 1);
    assert.match(nonsense.output, /DATABASE_URL is not a Postgres address/);
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
});

test("a data directory that is a file, or cannot be written, is one line that says what to do", async () => {
  const dir = freshDataDir();
  try {
    const file = join(dir, "file");
    writeFileSync(file, "");
    const notADirectory = await runApplianceToEnd({ SLUICE_DATA_DIR: file });
    assert.equal(notADirectory.code, 1);
    assert.match(notADirectory.output, /is not a directory: set SLUICE_DATA_DIR to one/);
    // Root may write everywhere, except to what the kernel refuses to everybody.
    const readOnly = process.getuid?.() === 0 ? "/proc/sluice" : join(dir, "read-only");
    if (process.getuid?.() !== 0) {
      mkdirSync(readOnly);
      chmodSync(readOnly, 0o500);
    }
    const refused = await runApplianceToEnd({ SLUICE_DATA_DIR: readOnly });
    assert.equal(refused.code, 1);
    assert.match(refused.output, /the data directory .* (cannot be written|cannot be used)/);
    assert.equal(refused.output.trim().split("\n").length, 1);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
