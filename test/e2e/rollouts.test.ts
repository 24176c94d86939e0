import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { after, before, suite, type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type RunningProxy, startSluiceProxy, waitFor } from "@sluice/harness";
import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import { type Api, openApi, publishAndWait } from "./api.ts";
import { checkPage, findViolations, keepImage } from "./check-page.ts";
import { findChromium, openBrowser, openWindow, signIn } from "./open-browser.ts";
import { type Appliance, startAppliance } from "./start-appliance.ts";

const chromium = findChromium();

let appliance: Appliance;
let api: Api;
let browser: Browser;
let window: BrowserContext;
let page: Page;
let second: RunningProxy;
const errors: string[] = [];
let failedStep: string | undefined;

/** A step of one story: each stands on those before, so that none runs once one has failed. */
function step(name: string, run: (t: TestContext) => Promise<void>): void {
  test(name, async (t) => {
    if (failedStep !== undefined) return t.skip(`needs: ${failedStep}`);
    failedStep = name;
    await run(t);
    failedStep = undefined;
  });
}

const button = (name: string): Locator => page.getByRole("button", { name, exact: true });
const textbox = (name: string): Locator => page.getByRole("textbox", { name });
const row = (text: string): Locator => page.getByRole("row").filter({ hasText: text });

async function putCluster(port: number): Promise<void> {
  const ref = { kind: "clusters", name: "web" } as const;
  const before = await api.client.draft.get.query(ref).catch(() => undefined);
  await api.client.draft.put.mutate({
    kind: "clusters",
    yaml: `name: web
type: STATIC
connect_timeout: 1s
load_assignment:
  cluster_name: web
  endpoints:
    - lb_endpoints:
        - endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: ${port} } } }
`,
    ...(before === undefined ? {} : { name: "web", expectedRevision: before.revision }),
  });
}

/** As `sluice join` prints it, without its admin interface: the harness gives one. */
function bootstrapOf(id: string, label: string): string {
  const cli = fileURLToPath(new URL("../../packages/cli/src/main.ts", import.meta.url));
  const control = `127.0.0.1:${appliance.xdsPort}`;
  const args = [cli, "join", "--id", id, "--control", control, "--label", label];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  return stdout.replace(/^admin:\n(?: .*\n)+/m, "");
}

/** The command line, signed in by its environment. */
function sluice(...args: readonly string[]): { status: number | null; stdout: string; text: string } {
  const cli = fileURLToPath(new URL("../../packages/cli/src/main.ts", import.meta.url));
  const env = { ...process.env, SLUICE_SERVER: appliance.url, SLUICE_TOKEN: api.token };
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], { encoding: "utf8", env });
  return { status, stdout, text: `${stdout}${stderr}` };
}

/** Publishes from the page to the labelled node first; the rollout's page is open afterwards. */
async function publishCanary(message: string): Promise<void> {
  await page.goto("/publish");
  await textbox("Message").fill(message);
  await page.getByRole("combobox", { name: "Who gets it" }).selectOption("labels");
  await textbox("Label selector").fill("canary=yes");
  await textbox("Watch each step for").fill("0");
  await page.getByRole("combobox", { name: "Go on" }).selectOption("manual");
  await keepImage(page, "publish-canary-light");
  assert.deepEqual(await findViolations(page), []);
  await button("Publish").click();
  await page.getByRole("link", { name: "Open the rollout" }).click();
  await page.getByText("waits for promote").waitFor();
}

suite("rollouts in a browser", { skip: chromium ? false : "no Chromium; set CHROMIUM_PATH" }, () => {
  before(async () => {
    appliance = await startAppliance();
    browser = await openBrowser(chromium ?? "");
    api = await openApi(appliance);
    second = await startSluiceProxy({ yaml: bootstrapOf("second", "zone=b") });
    await putCluster(1_001);
    await publishAndWait(api, "The first cluster");
    window = await openWindow(browser, appliance, errors);
    page = await window.newPage();
    await page.goto("/nodes");
    await signIn(page, appliance.email, appliance.password);
    await row("second").first().waitFor();
  });

  after(async () => {
    await browser?.close();
    await second?.close();
    await api?.close();
    await appliance?.stop();
  });

  step("labels of a node are set on its page, and can be taken back", async () => {
    await page.goto("/nodes/local");
    await textbox("Labels of operators").fill("canary yes");
    await page.getByText("Write labels as key=value").waitFor();
    await textbox("Labels of operators").fill("canary=yes");
    await page.keyboard.press("Enter");
    await page.getByText("Labels of local are saved").waitFor();
    const { labels } = await api.client.node.get.query({ id: "local" });
    assert.equal(labels.canary, "yes");
    await checkPage(page, "node-labels");
  });

  step(
    "a group is made, says which nodes it takes, is frozen with a reason, and removed with a way back",
    async () => {
      await page.goto("/nodes");
      await button("Add a group").click();
      await textbox("Group").fill("edge");
      await textbox("Label selector").fill("zone in (b");
      await page.getByText("expected a comma or )").waitFor();
      await textbox("Label selector").fill("zone in (b, c)");
      await page.getByText("Matches one node: second").waitFor();
      assert.deepEqual(await findViolations(page), []);
      await page.keyboard.press("Enter");
      await row("zone in (b, c)").waitFor();
      await button("Freeze edge").click();
      await textbox("Why").fill("Black Friday");
      await page.keyboard.press("Enter");
      await row("zone in (b, c)").getByText("Frozen").waitFor();
      await checkPage(page, "nodes-groups", true);
      await button("Unfreeze edge").click();
      await button("Freeze edge").waitFor();
      await button("Remove edge").click();
      await page.getByText("Group edge is removed").waitFor();
      await button("Undo").click();
      await row("zone in (b, c)").waitFor();
      await button("Remove edge").click();
      await row("zone in (b, c)").waitFor({ state: "detached" });
    },
  );

  step("a group's synthetic request is written, refused at its fields, kept, and taken away", async () => {
    await page.goto("/nodes");
    await button("Synthetic request of default").click();
    const dialog = page.getByRole("dialog", { name: "Synthetic request of default" });
    const field = (name: string): Locator => dialog.getByRole("textbox", { name });
    await dialog
      .getByRole("combobox", { name: "Synthetic request" })
      .selectOption({ label: "send this one" });
    await field("URL").fill("shop.example/health");
    await dialog.getByText("Write an address that begins with http://").waitFor();
    await field("Expected statuses").fill("20");
    await dialog.getByText("Write statuses like 200, 204.").waitFor();
    assert.equal(await dialog.getByRole("button", { name: "Save" }).isDisabled(), true);
    assert.deepEqual(await findViolations(page), []);
    await field("URL").fill("http://shop.example/health");
    await field("Expected statuses").fill("200, 204");
    await dialog.getByRole("combobox", { name: "Listener" }).fill("web");
    await keepImage(page, "probe-light");
    await dialog.getByRole("button", { name: "Save" }).click();
    await row("http://shop.example/health").waitFor();
    await button("Synthetic request of default").click();
    assert.equal(await field("Expected statuses").inputValue(), "200, 204");
    await dialog.getByRole("combobox", { name: "Synthetic request" }).selectOption({ label: "none" });
    await dialog.getByRole("button", { name: "Save" }).click();
    await row("http://shop.example/health").waitFor({ state: "detached" });
  });

  step("a canary is published, watched, promoted by hand, and ends as completed", async () => {
    await putCluster(1_002);
    await publishCanary("Another port, on one node first");
    const matrix = page.getByRole("table", { name: "Nodes and resources" });
    await matrix.getByRole("row").filter({ hasText: "local" }).filter({ hasText: "new" }).waitFor();
    await page.getByRole("table", { name: "New nodes against old" }).waitFor();
    const { nodes } = await api.client.version.rolloutStatus.query();
    assert.deepEqual(
      nodes.map(({ id, effectiveVersion }) => [id, effectiveVersion]),
      [
        ["local", 2],
        ["second", 1],
      ],
    );
    await checkPage(page, "rollout", true);
    await button("Pause").press("Enter");
    // News of the pause may come before its answer, until which the buttons take nothing.
    await page.getByRole("button", { name: "Resume", exact: true, disabled: false }).press("Enter");
    await button("Pause").waitFor();
    await page.getByText("waits for promote").waitFor();
    await button("Promote to all").click();
    await page.getByText("Version 2 is effective on all 2 connected nodes").waitFor();
    await page.getByRole("heading", { name: /^Rollout/ }).waitFor();
    await page
      .getByRole("table", { name: "History" })
      .getByRole("row")
      .filter({ hasText: "Completed" })
      .waitFor();
  });

  step("a canary that is aborted is taken back from its node", async () => {
    await putCluster(1_003);
    await publishCanary("One more");
    await button("Abort").click();
    await page.getByText("Version 3 was taken back by hand").waitFor();
    await waitFor("the node to be back", async () => {
      const { effectiveVersion } = await api.client.node.get.query({ id: "local" });
      return effectiveVersion === 2;
    });
    await page.goto("/rollouts");
    await row("Aborted").waitFor();
    await checkPage(page, "rollouts");
  });

  step("the command line does the same: canary, rollback, freeze, groups, labels", async () => {
    await putCluster(1_004);
    const published = sluice(
      "publish",
      "-m",
      "By hand",
      "--canary",
      "canary=yes",
      "--wait-step",
      "0s",
      "--wait",
    );
    assert.equal(published.status, 0, published.text);
    const [newest] = JSON.parse(sluice("rollouts", "-o", "json").stdout) as {
      phase: string;
      version: number;
    }[];
    assert.deepEqual([newest?.phase, newest?.version], ["completed", 4]);
    assert.equal(sluice("tag", "2", "stable").status, 0);
    assert.equal(sluice("rollback", "stable", "--wait").status, 0);
    assert.match(sluice("rollouts", "4").stdout, /step 2 of 2: all nodes/);
    assert.equal(sluice("freeze", "-m", "a holiday").status, 0);
    const refused = sluice("publish", "-m", "nobody may");
    assert.equal(refused.status, 1);
    assert.match(refused.text, /group 'default' is frozen by Admin since .*: a holiday/);
    assert.equal(sluice("unfreeze").status, 0);
    const made = sluice("groups", "create", "edge", "zone=b", "-o", "json");
    assert.equal(JSON.parse(made.stdout).selector, "zone=b", made.text);
    assert.match(sluice("groups").stdout, /^edge +zone=b +2 +- +1\/1 connected/m);
    assert.equal(sluice("groups", "remove", "edge").status, 0);
    assert.match(sluice("label", "second", "canary=yes", "rack=7").stdout, /rack=7/);
    assert.doesNotMatch(sluice("label", "second", "canary-").stdout, /canary/);
    const held = sluice("publish", "-m", "Held", "--canary", "1%", "--manual", "--wait-step", "0s", "--wait");
    assert.equal(held.status, 6, held.text);
    assert.match(held.text, /it waits for `sluice promote/);
    assert.equal(sluice("pause").status, 0);
    assert.equal(sluice("resume").status, 0);
    assert.equal(sluice("promote", "--reason", "looks well").status, 0);
    assert.match(sluice("rollouts", "--limit", "1").stdout, /default +5 +2 +publish/);
    await waitFor(
      "every node to have it",
      async () => (await api.client.version.rolloutStatus.query()).state === "effective",
      { deadlineMs: 60_000 },
    );
  });

  step("the command line asks nodes, makes join tokens and changes the root of certificates", async () => {
    const drained = sluice("node", "drain", "second");
    assert.equal(drained.status, 0, drained.text);
    assert.match(drained.stdout, /second +drain +done +Admin/);
    await assert.rejects(second.admin("/ready"), /503/);
    assert.equal(sluice("node", "resume", "second").status, 0);
    assert.match(await second.admin("/ready"), /LIVE/);
    const dumped = sluice("node", "dump", "second", "--resource", "dynamic_active_clusters", "-o", "json");
    const [cluster] = (JSON.parse(dumped.stdout) as { configs: { cluster: { name: string } }[] }).configs;
    assert.equal(cluster?.cluster.name, "web", dumped.text);
    assert.match(sluice("node", "diff", "second").text, /no difference/);
    const differs = sluice("node", "diff", "second", "1");
    assert.equal(differs.status, 1, differs.text);
    assert.match(differs.text, /~ clusters\/web\n.*- .*127\.0\.0\.1:1001.*\+ .*127\.0\.0\.1:1004/s);
    assert.deepEqual(
      [sluice("diff", "node:second").text, sluice("diff", "node:second", "node:local").text],
      ["no difference\n", "no difference\n"],
    );
    const unasked = sluice("diff", "node:nobody", "2");
    assert.deepEqual([unasked.status, unasked.stdout], [1, ""]);
    assert.match(
      unasked.text,
      /what 'nobody' has is not known: there is no node 'nobody'\n`acknowledged:nobody`/,
    );
    const missing = sluice("node", "drain", "nobody");
    assert.deepEqual([missing.status, missing.text], [1, "sluice: there is no node 'nobody'\n"]);
    const made = JSON.parse(sluice("join-token", "create", "--node", "third", "-o", "json").stdout);
    assert.match(made.token, /^slj1\./);
    assert.equal(sluice("join-token", "revoke", made.id).status, 0);
    assert.match(sluice("join-token", "list").stdout, /revoked +third/);
    assert.match(sluice("authority", "rotate").stdout, /^trusting /m);
    assert.match(sluice("authority", "cancel").stdout, /^steady /m);
  });

  step("the pages work in a narrow window, and in Chinese", async () => {
    await page.setViewportSize({ width: 400, height: 800 });
    for (const path of ["/rollouts/2", "/rollouts", "/nodes", "/nodes/second"]) {
      await page.goto(path);
      await page.getByRole("table").first().waitFor();
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      assert.ok(overflow <= 0, `${path} is ${overflow} px too wide`);
      await keepImage(page, `narrow${path.replaceAll("/", "-")}`);
      assert.deepEqual(await findViolations(page), [], path);
    }
    await page.goto("/versions/2");
    await page.getByRole("button", { name: "Compare YAML" }).first().click();
    await page.getByRole("textbox", { name: "Version 1" }).waitFor();
    assert.deepEqual(await findViolations(page), [], "two texts side by side");
    await page.setViewportSize({ width: 1280, height: 800 });
    await window.addCookies([{ name: "sluice_locale", value: "zh-CN", url: appliance.url }]);
    await page.goto("/rollouts/2");
    await page.getByText("节点与资源").first().waitFor();
    await keepImage(page, "rollout-zh-light");
    await page.goto("/nodes/second");
    await page.getByText("正在接收流量").waitFor();
    await page.goto("/nodes/second/config?view=compare");
    await page.getByText("个资源全部相同").waitFor();
    assert.deepEqual(errors, []);
  });

  step("a version is held against what a node really has, or else against what it accepted", async () => {
    await window.addCookies([{ name: "sluice_locale", value: "en", url: appliance.url }]);
    await page.goto("/versions/1");
    await page.getByRole("combobox", { name: "Compared with" }).selectOption("node:second");
    await page.getByText("One resource differs from version 1").waitFor();
    await checkPage(page, "version-node");
    await second.close();
    await waitFor(
      "the node to be gone",
      async () => !(await api.client.node.get.query({ id: "second" })).connected,
    );
    await button("Compare again").click();
    await page.getByText("the node 'second' is not connected").waitFor();
    await checkPage(page, "version-node-away");
    await button("Compare with what it accepted last").click();
    await page.getByText("load_assignment.endpoints[0].lb_endpoints[127.0.0.1:1004]").waitFor();
    await checkPage(page, "version-node-accepted");
  });
});
