import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { CommanderError } from "commander";
import { CliError } from "./cli-error.ts";
import { explainInput, explainLines, foundRoute } from "./commands/explain.ts";
import { renderDiff } from "./commands/render-diff.ts";
import { strategyOf } from "./commands/strategy.ts";
import { readCredentials, storeCredentials } from "./credentials.ts";
import { createProgram } from "./program.ts";

async function run(args: readonly string[], environment: NodeJS.ProcessEnv = {}) {
  let out = "";
  let err = "";
  let error: unknown;
  try {
    await createProgram({
      environment,
      write: (text) => {
        out += text;
      },
      warn: (text) => {
        err += text;
      },
    }).parseAsync(["node", "sluice", ...args]);
  } catch (caught) {
    error = caught;
  }
  return { out, err, error };
}

test("validate tells file, line, column and the nearest valid field, and fails", async () => {
  const dir = mkdtempSync(join(tmpdir(), "sluice-cli-"));
  try {
    const file = join(dir, "typo.yaml");
    writeFileSync(file, "static_resources:\n  clusters:\n  - name: a\n    connect_timout: 5s\n");
    const { out, error } = await run(["validate", file]);
    assert.ok(
      out.startsWith(`${file}:4:5: error: static_resources.clusters[0].connect_timout: unknown field`),
      out,
    );
    assert.match(out, /did you mean 'connect_timeout'/);
    assert.ok(error instanceof CliError);
    const asJson = await run(["validate", file, "-o", "json"]);
    assert.equal(JSON.parse(asJson.out)[0].position.line, 4);
    writeFileSync(file, "static_resources:\n  clusters:\n  - name: a\n    connect_timeout: 5s\n");
    const fine = await run(["validate", file]);
    assert.equal(fine.error, undefined);
    assert.equal(fine.out, `${file} is valid\n`);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

test("a command that needs a server says how to sign in when nobody has", async () => {
  const { error } = await run(["versions"], { XDG_CONFIG_HOME: "/nonexistent" });
  assert.ok(error instanceof CliError);
  assert.match(error.message, /not signed in: run `sluice login/);
});

test("a server that cannot be reached is told with its address and the reason", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  await new Promise((resolve) => server.close(resolve));
  const url = `http://127.0.0.1:${address.port}`;
  const { error } = await run(["versions"], { SLUICE_SERVER: url, SLUICE_TOKEN: "t" });
  assert.ok(error instanceof CliError);
  assert.match(error.message, new RegExp(`^${url} cannot be reached`));
});

test("credentials are readable by their owner only, and the environment goes first", () => {
  const dir = mkdtempSync(join(tmpdir(), "sluice-cli-"));
  try {
    const file = storeCredentials({ XDG_CONFIG_HOME: dir }, { server: "http://a", token: "t" });
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.deepEqual(JSON.parse(readFileSync(file, "utf8")), { server: "http://a", token: "t" });
    assert.deepEqual(readCredentials({ XDG_CONFIG_HOME: dir }), { server: "http://a", token: "t" });
    assert.deepEqual(
      readCredentials({ XDG_CONFIG_HOME: dir, SLUICE_SERVER: "http://b/", SLUICE_TOKEN: "u" }),
      {
        server: "http://b",
        token: "u",
      },
    );
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

test("join prints a bootstrap with the id, the labels and the control plane's address", async () => {
  const { out } = await run([
    "join",
    "--envoy",
    "--id",
    "edge-1",
    "--control",
    "10.0.0.5:18000",
    "--label",
    "zone=a",
  ]);
  assert.match(out, /id: "edge-1"/);
  assert.match(out, /"zone":"a"/);
  assert.match(out, /address: "10\.0\.0\.5", port_value: 18000/);
  const { error } = await run(["join", "--control", "nowhere"]);
  assert.ok(error instanceof CliError && error.exitCode === 2);
});

test("join with a token says what is missing before the token goes anywhere", async () => {
  const wrong = [
    ["join", "--token", "t"],
    ["join", "--token", "t", "--server", "https://127.0.0.1:1"],
    ["join", "--token", "t", "--server", "https://127.0.0.1:1", "--out", "/tmp/x", "--label", "a=b"],
    ["join", "--server", "https://127.0.0.1:1", "--out", "/tmp/x"],
  ];
  for (const args of wrong) {
    const { error } = await run(args);
    assert.ok(error instanceof CliError && error.exitCode === 2, args.join(" "));
  }
  const dir = mkdtempSync(join(tmpdir(), "sluice-cli-"));
  try {
    const token = `slj1.${"a".repeat(12)}.${"b".repeat(43)}.${"c".repeat(43)}`;
    const refused = async (server: string, text: string): Promise<string> => {
      const { error } = await run(["join", "--token", text, "--server", server, "--out", dir]);
      assert.ok(error instanceof CliError && error.exitCode === 1);
      return error.message;
    };
    assert.match(await refused("https://127.0.0.1:1", "nonsense"), /this is no join token: copy it whole/);
    assert.match(
      await refused("http://127.0.0.1:1", token),
      /use the address of the control plane's xDS port/,
    );
    assert.match(await refused("https://127.0.0.1:1", token), /^https:\/\/127\.0\.0\.1:1 cannot be reached/);
    const { error } = await run(["join", "renew", dir]);
    assert.ok(error instanceof CliError);
    assert.match(error.message, /is not what `sluice join` wrote/);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

test("an unknown command is wrong usage", async () => {
  const { error } = await run(["frobnicate"]);
  assert.ok(error instanceof CommanderError);
});

test("a strategy is read from its options, and what makes no sense is wrong usage", () => {
  assert.equal(strategyOf({}), undefined);
  assert.deepEqual(strategyOf({ canary: "10%", steps: "10,50,100", waitStep: "90s" }), {
    steps: [{ percent: 10 }, { percent: 50 }, { percent: 100 }],
    stepWaitMs: 90_000,
  });
  assert.deepEqual(strategyOf({ canary: "zone in (a, b)", manual: true, compare: false }), {
    steps: [{ selector: "zone in (a, b)" }],
    promote: "manual",
    compare: null,
  });
  assert.deepEqual(strategyOf({ within: "2m", onFailure: "pause", minRequests: "20" }), {
    effectiveWithinMs: 120_000,
    onFailure: "pause",
    compare: { requestsMin: 20 },
  });
  for (const wrong of [
    { canary: "0" },
    { canary: "101%" },
    { steps: "10,,50" },
    { waitStep: "soon" },
    { onFailure: "explode" },
    { minRequests: "0" },
  ]) {
    assert.throws(() => strategyOf(wrong), { exitCode: 2 }, JSON.stringify(wrong));
  }
});

test("a diff is one line per resource and one per field", () => {
  assert.equal(
    renderDiff([
      {
        kind: "clusters",
        name: "web",
        change: "modified",
        fields: [{ path: "connect_timeout", before: "5s", after: "1s" }],
      },
      { kind: "routes", name: "old", change: "removed", fields: [] },
    ]),
    '~ clusters/web\n    connect_timeout: "5s" → "1s"\n- routes/old\n',
  );
  assert.equal(renderDiff([]), "no difference\n");
});

test("explain sends headers as typed, and refuses what is none as wrong usage", async () => {
  const options = { header: ["x-a: 1:2", "x-a:3"], alpn: "h2, http/1.1", listener: "10000" };
  assert.deepEqual(explainInput("GET", "http://x/", options), {
    source: "live",
    method: "GET",
    url: "http://x/",
    headers: [
      { name: "x-a", value: "1:2" },
      { name: "x-a", value: "3" },
    ],
    listener: "10000",
    alpn: ["h2", "http/1.1"],
  });
  const { error } = await run(["explain", "GET", "http://x/", "-H", "nonsense"]);
  assert.ok(error instanceof CliError && error.exitCode === 2);
});

test("an explanation is a line for each step, with what was passed over and why", () => {
  const list = (name: string) => ({
    items: [
      {
        name: "other",
        at: undefined,
        outcome: "rejected" as const,
        reasons: [{ message: "wanted: x", at: undefined }],
        asks: "prefix /a",
      },
      { name, at: undefined, outcome: "chosen" as const, reasons: [], asks: "" },
    ],
    total: 2,
    moreBefore: 0,
    moreAfter: 5,
  });
  const found = {
    source: { kind: "version", number: 2 },
    outcome: "redirected",
    status: 301,
    request: [],
    listeners: list("edge"),
    filterChains: undefined,
    matcherSteps: [],
    routeConfiguration: undefined,
    virtualHosts: undefined,
    routes: list("old"),
    action: { kind: "redirect", status: 301, location: "https://x/" },
    problems: [{ message: "odd", at: { kind: "routes", name: "r", path: "name" } }],
  } as const;
  assert.equal(foundRoute(found), true);
  assert.equal(foundRoute({ ...found, outcome: "no_route" }), false);
  assert.deepEqual(explainLines(found), [
    "source         version 2",
    "listener       edge",
    "    rejected other (prefix /a): wanted: x",
    "    and 5 more behind",
    "route          old",
    "    rejected other (prefix /a): wanted: x",
    "    and 5 more behind",
    "redirect       301 to https://x/",
    "outcome        redirected with status 301",
    "problem        odd (routes/r name)",
  ]);
});
