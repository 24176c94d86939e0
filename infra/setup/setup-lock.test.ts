import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";

const MODULE = new URL("./setup-lock.mjs", import.meta.url).href;

/** Runs `work` under the lock of the checkout `root` in a process of its own; gives its exit code or signal. */
async function locked(root: string, work: string): Promise<unknown> {
  const script = `import { appendFileSync } from "node:fs";
    const log = (line) => appendFileSync(${JSON.stringify(join(root, "log"))}, line + "\\n");
    const pause = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    const { withSetupLock } = await import(${JSON.stringify(MODULE)});
    withSetupLock(${JSON.stringify(root)}, () => { ${work} }, () => {});`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "inherit" });
  const [code, signal] = await once(child, "exit");
  return code ?? signal;
}

it("two set-ups of a checkout run one after the other, also behind one that was killed", async () => {
  const root = mkdtempSync(join(tmpdir(), "sluice-lock-"));
  try {
    appendFileSync(join(root, "log"), "");
    assert.equal(await locked(root, `process.kill(process.pid, "SIGKILL"); pause();`), "SIGKILL");
    const work = `log("begin"); pause(); log("end");`;
    assert.deepEqual(await Promise.all([locked(root, work), locked(root, work)]), [0, 0]);
    assert.equal(readFileSync(join(root, "log"), "utf8"), "begin\nend\nbegin\nend\n");
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
