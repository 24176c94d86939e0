import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import type { Server } from "node:http";
import { join } from "node:path";
import { after, before, suite, type TestContext, test } from "node:test";
import { freePorts, quickEnough, waitFor } from "@sluice/harness";
import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import { openApi } from "./api.ts";
import { certificateStory } from "./certificate-story.ts";
import { findViolations, keepImage } from "./check-page.ts";
import { checkPages } from "./check-pages.ts";
import { startCuttableRelay } from "./cuttable-relay.ts";
import { findChromium, openBrowser, openWindow, signIn } from "./open-browser.ts";
import { publishShop } from "./publish-shop.ts";
import { secondFactorStory } from "./second-factor-story.ts";
import { signOnStory } from "./sign-on-story.ts";
import { type Appliance, startAppliance } from "./start-appliance.ts";
import { ask, startTraffic, startUpstream, type TrafficSource } from "./traffic-source.ts";

const chromium = findChromium();
const hasEnvoy = spawnSync("envoy", ["--version"]).status === 0;
const FIGURES_WITHIN_MS = 5_000;
const WITHIN_MS = { "errors shown": 2_000, "traffic right again": 1_000 };
const PUBLISHER = { name: "Paul", email: "paul@shop.example", password: "copper lantern 41 ferry" };
const TRACE_ID = "5b8efff798038103d269b633813fc60c";

let appliance: Appliance;
let browser: Browser;
let window: BrowserContext;
let page: Page;
let upstream: Server;
let upstreamPort = 0;
let deadPort = 0;
let listenerPort = 0;
let traffic: TrafficSource | undefined;
let envoy: { readonly process: ChildProcess; readonly closed: Promise<unknown> } | undefined;
const errors: string[] = [];

let failedStep: string | undefined;

/** A step of one story: each stands on those before, so that none runs once one has failed. */
function step(name: string, run: (t: TestContext) => Promise<void>, skip: string | false = false): void {
  test(name, { skip }, async (t) => {
    if (failedStep !== undefined) return t.skip(`needs: ${failedStep}`);
    failedStep = name;
    await run(t);
    failedStep = undefined;
  });
}

/** The page's link in the navigation. */
const navigate = async (name: string): Promise<void> => {
  await page
    .getByRole("navigation", { name: "Main navigation" })
    .getByRole("link", { name, exact: true })
    .click();
  await page.getByRole("heading", { level: 1, name, exact: true }).waitFor();
};
const button = (name: string | RegExp): Locator => page.getByRole("button", { name, exact: true });
const link = (name: string): Locator => page.getByRole("link", { name, exact: true });
const tab = (name: string): Locator => page.getByRole("tab", { name });
const textbox = (name: string): Locator => page.getByRole("textbox", { name });
const saved = async (): Promise<void> =>
  await page.getByRole("status").filter({ hasText: "Saved in the draft" }).waitFor();
const clusterName = (): string => `127-0-0-1-${upstreamPort}`;

async function publish(message: string, version: number): Promise<void> {
  await textbox("Message").fill(message);
  await button("Publish").click();
  await page.getByText(`Published as version ${version}`).waitFor();
}

/** Answers of the proxy for `path` are failures from `breakIt` on; gives the ms from its end until the page of requests has one. */
async function untilErrorsShow(path: string, breakIt: () => Promise<void>): Promise<number> {
  const watch = await window.newPage();
  await watch.goto(`/requests?q=${encodeURIComponent(`status:503 path:${path}`)}`);
  await watch.getByText("No request matches").waitFor();
  await breakIt();
  const brokenAt = performance.now();
  const row = watch.getByRole("row").filter({ hasText: path }).first();
  await waitFor("the errors on the page", async () => {
    await ask(listenerPort, path);
    return await row.isVisible();
  });
  const tookMs = performance.now() - brokenAt;
  await watch.close();
  return tookMs;
}

/** By the button of the version in the list that is open; gives the ms from the click until version 1 answers, or 2 fails. */
async function rollBack(version: 1 | 2): Promise<number> {
  const press = button(`Roll back to version ${version}`);
  await press.waitFor();
  const startedAt = performance.now();
  await press.click();
  const status = version === 1 ? 200 : 503;
  await waitFor(`${status}`, async () => (await ask(listenerPort, "/rolled-back")).status === status);
  return performance.now() - startedAt;
}

/** Takes away what an editor holds and types something else. */
async function retype(editor: Locator, text: string): Promise<void> {
  await editor.click();
  await editor.press("ControlOrMeta+a");
  await page.keyboard.insertText(text);
}

suite("the appliance in a browser", { skip: chromium ? false : "no Chromium; set CHROMIUM_PATH" }, () => {
  before(async () => {
    const started = await startUpstream();
    upstream = started.server;
    upstreamPort = started.port;
    [listenerPort = 0, deadPort = 0] = await freePorts(2);
    appliance = await startAppliance({ env: { SLUICE_OUTBOUND_ALLOW: "127.0.0.1" } });
    browser = await openBrowser(chromium ?? "");
    window = await openWindow(browser, appliance, errors);
    page = await window.newPage();
  });

  after(async () => {
    await traffic?.stop();
    await browser?.close();
    envoy?.process.kill("SIGTERM");
    await envoy?.closed;
    await appliance?.stop();
    upstream?.closeAllConnections();
    upstream?.close();
  });

  step("signs in by keyboard alone, after a wrong password was refused at the form", async () => {
    await page.goto("/clusters");
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    assert.deepEqual(await findViolations(page), []);
    await keepImage(page, "sign-in-light");
    await page.keyboard.type(appliance.email);
    await page.keyboard.press("Tab");
    await page.keyboard.type("not the password");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").getByText("E-mail or password is wrong.").waitFor();
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.type(appliance.password);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "Clusters" }).waitFor();
    assert.equal(new URL(page.url()).pathname, "/clusters", "back where the sign-in was asked for");
    await page.reload();
    await page.getByRole("heading", { level: 1, name: "Clusters" }).waitFor();
    await page.keyboard.press("Tab");
    assert.equal(await link("Skip to content").evaluate((skip) => skip === document.activeElement), true);
    await page.keyboard.press("Enter");
    await waitFor(
      "the content has the focus",
      async () => await page.evaluate(() => document.activeElement?.id === "main"),
    );
  });

  step(
    "a new appliance is set up step by step, and the first route leads to the review of what it made",
    async () => {
      await navigate("Overview");
      await link("Begin").click();
      await page.getByText(`You are signed in as ${appliance.email}.`).waitFor();
      assert.deepEqual(await findViolations(page), []);
      await keepImage(page, "setup-light");
      await button("Next").click();
      await textbox("Name").fill("Shop edge");
      await button("Save and go on").click();
      await page.getByText("local is connected").waitFor();
      await page.getByRole("navigation", { name: "Main navigation" }).getByText("Shop edge").waitFor();
      await button("Next").click();
      await textbox("Domain").fill("shop.example");
      await textbox("Path").fill("/");
      await textbox("Port").fill(String(listenerPort));
      await textbox("Send to").fill("nonsense");
      await textbox("Send to").press("Enter");
      await page.getByText("Write host:port, like 127.0.0.1:8080.").waitFor();
      await textbox("Send to").fill(`127.0.0.1:${upstreamPort}`);
      assert.deepEqual(await findViolations(page), []);
      await keepImage(page, "first-route-light");
      await button("Make it and review").click();
      await page.getByText("3 resources differ from what is live (nothing).").waitFor();
      const changes = page.getByRole("region", { name: "Changes" });
      for (const name of [clusterName(), `http-${listenerPort}`])
        await changes.getByRole("link", { name }).first().waitFor();
      await navigate("Overview");
      await link("Set up the first route").waitFor();
    },
  );

  step("a cluster made by form shows as YAML, and its YAML changes the form", async () => {
    await navigate("Clusters");
    await link("New cluster").first().click();
    await textbox("Name").fill("spare");
    await button("Add endpoint").click();
    await textbox("Host 1").fill("127.0.0.1");
    await textbox("Port 1").fill("4001");
    await tab("YAML").click();
    const draftText = page.getByRole("textbox", { name: "YAML of the new resource" });
    await draftText.getByText("port_value: 4001").waitFor();
    await button("Create in draft").click();
    await page.getByRole("heading", { level: 1, name: "spare" }).waitFor();
    await tab("YAML").click();
    const text = page.getByRole("textbox", { name: "YAML of spare" });
    await retype(
      text,
      [
        "name: spare",
        "type: STATIC",
        "lb_policy: RANDOM",
        "load_assignment:",
        "  cluster_name: spare",
        "  endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: 4002 } } } }] }]",
        "",
      ].join("\n"),
    );
    await saved();
    await tab("Form").click();
    await waitForValue(textbox("Port 1"), "4002");
    await waitForValue(page.getByRole("combobox", { name: "Load balancing" }), "RANDOM");
    await page.getByRole("combobox", { name: "Load balancing" }).selectOption({ label: "Least requests" });
    await saved();
    await tab("YAML").click();
    await text.getByText("lb_policy: LEAST_REQUEST").waitFor();
    await retype(text, "name: spare\ntipe: STATIC\n");
    await page.getByRole("list", { name: "Problems" }).getByText("tipe").first().waitFor();
    await saved();
    await button("More actions").click();
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await page.getByText("spare is out of the draft.").waitFor();
    await page.getByRole("heading", { level: 1, name: "Clusters" }).waitFor();
  });

  step("a route to a cluster that does not exist is said at the field and blocks publishing", async () => {
    await navigate("Routes");
    await link(`http-${listenerPort}`).click();
    await page
      .getByRole("list", { name: "Routes of shop.example" })
      .getByRole("button", { expanded: false })
      .click();
    const cluster = page.getByRole("combobox", { name: "Cluster", exact: true });
    await cluster.fill("nowhere");
    await waitFor("the field is marked", async () => (await cluster.getAttribute("aria-invalid")) === "true");
    const told = await page.getByText(/nowhere/).allInnerTexts();
    assert.ok(
      told.some((text) => /cluster/i.test(text)),
      `words at the field: ${told.join("; ")}`,
    );
    await saved();
    await navigate("Publish");
    await page.getByRole("heading", { name: "One problem blocks publishing" }).waitFor();
    assert.equal(await button("Publish").isDisabled(), true);
    await page.getByRole("list", { name: "Problems" }).getByRole("link").click();
    await cluster.waitFor();
    await cluster.fill(clusterName());
    await waitFor("the mark is gone", async () => (await cluster.getAttribute("aria-invalid")) === null);
    await saved();
  });

  step("publishing with a message makes a version that becomes effective on the node", async () => {
    await navigate("Publish");
    await page.getByText("3 resources differ from what is live (nothing).").waitFor();
    await publish("The first route", 1);
    await page.getByText("Version 1 is effective on the connected node").waitFor();
    await navigate("Versions");
    await page
      .getByRole("table", { name: "Versions" })
      .getByRole("row")
      .nth(1)
      .filter({ hasText: /^1\s*Live\s*The first route\s*\S/ })
      .waitFor();
  });

  step(
    "a request through the proxy answers, and shows in figures, requests, topology and a trace",
    async (t) => {
      const watch = await window.newPage();
      await watch.goto("/requests");
      await watch.getByText("Requests appear here as nodes report them").waitFor();
      await navigate("Overview");
      const figures = page.getByRole("region", { name: "Figures" });
      await figures.getByText("0/s", { exact: true }).waitFor();
      const startedAt = performance.now();
      const answer = await ask(listenerPort, "/first", { traceId: TRACE_ID });
      assert.deepEqual(answer, { status: 200, body: "upstream saw shop.example /first" });
      traffic = startTraffic(listenerPort, 20);
      await watch.getByRole("row").filter({ hasText: "/first" }).waitFor({ timeout: FIGURES_WITHIN_MS });
      t.diagnostic(`request listed after ${Math.round(performance.now() - startedAt)} ms`);
      await figures.getByText(/^[1-9][\d.]*\/s$/).waitFor({ timeout: FIGURES_WITHIN_MS });
      t.diagnostic(`figures move after ${Math.round(performance.now() - startedAt)} ms`);
      await watch.close();
      const chart = page.getByRole("slider", { name: "Requests by response" });
      await chart.press("ArrowLeft");
      await waitFor("the newest point's time, with its zone, and values", async () =>
        /[AP]M [A-Z][\w+:-]*, 5xx .*2xx .*\/s/.test((await chart.getAttribute("aria-valuetext")) ?? ""),
      );

      await navigate("Topology");
      const box = page.getByRole("group", { name: clusterName() });
      await box.getByText(/^[1-9][\d.]*\/s$/).waitFor();
      await button("Table").click();
      const tree = page.getByRole("treegrid", { name: "Topology" });
      await tree.getByRole("row", { name: "/*" }).press("ArrowRight");
      await tree.getByRole("row", { name: clusterName() }).filter({ hasText: /\d\/s/ }).waitFor();

      await navigate("Traces");
      // Alone, so that others that come do not move it away.
      await page.getByRole("searchbox", { name: "Search traces" }).fill(TRACE_ID);
      const trace = page.getByRole("row").filter({ hasText: TRACE_ID.slice(0, 16) });
      await trace.getByRole("link", { name: "GET /first" }).click();
      await page.getByRole("tree", { name: "Waterfall" }).getByRole("treeitem").first().waitFor();
    },
  );

  step(
    "a cluster broken in the browser shows its errors at once, and one click on an older version mends it",
    async (t) => {
      const breakIt = async (): Promise<void> => {
        await navigate("Clusters");
        await link(clusterName()).click();
        await textbox("Port 1").fill(String(deadPort));
        await saved();
        await page.getByRole("banner").getByRole("link", { name: "1 change" }).click();
        await page.getByRole("table", { name: `Changed fields of ${clusterName()}` }).waitFor();
        await publish("Break it", 2);
      };
      const compare = async (): Promise<void> => {
        await navigate("Overview");
        await page.getByText(`Cluster ${clusterName()}:`).waitFor();
        await navigate("Versions");
        await page.getByRole("checkbox", { name: "Pick version 1 for comparison" }).check();
        await page.getByRole("checkbox", { name: "Pick version 2 for comparison" }).check();
        await button("Compare two").click();
        const fields = page.getByRole("table", { name: `Changed fields of ${clusterName()}` });
        await fields.getByText(String(upstreamPort)).first().waitFor();
        await fields.getByText(String(deadPort)).first().waitFor();
        await link("Versions").first().click();
      };
      const told = await quickEnough(WITHIN_MS, async (round) => {
        const shownMs = await untilErrorsShow(`/broken-${round}`, async () => {
          if (round === 1) await breakIt();
          else await rollBack(2);
        });
        if (round === 1) await compare();
        const mendedMs = await rollBack(1);
        await page.getByText("Version 1 is effective on the connected node").waitFor();
        return { "errors shown": shownMs, "traffic right again": mendedMs };
      });
      t.diagnostic(told);
    },
  );

  step("a browser that was offline says so, and takes up its streams by itself when it is back", async () => {
    const relay = await startCuttableRelay(Number(new URL(appliance.url).port));
    const far = await window.newPage();
    try {
      await far.goto(`http://localhost:${relay.port}/requests?q=path:/offline-`);
      await far.getByRole("banner").getByRole("button", { name: "Live", exact: true }).waitFor();
      await ask(listenerPort, "/offline-before");
      await far.getByRole("row").filter({ hasText: "/offline-before" }).waitFor();
      relay.cut();
      await far
        .getByRole("banner")
        .getByRole("button", { name: /Reconnecting|Offline/ })
        .waitFor();
      await ask(listenerPort, "/offline-while");
      relay.mend();
      await far.getByRole("banner").getByRole("button", { name: "Live", exact: true }).waitFor();
      await ask(listenerPort, "/offline-after");
      await far.getByRole("row").filter({ hasText: "/offline-after" }).waitFor();
      await far.getByRole("row").filter({ hasText: "/offline-while" }).waitFor();
      await far.getByRole("row").filter({ hasText: "/offline-before" }).waitFor();
    } finally {
      await far.close();
      await relay.close();
    }
  });

  step("a viewer sees everything, is offered no change, and is refused one by the server", async () => {
    await navigate("People");
    await button("Add person").click();
    const dialog = page.getByRole("dialog", { name: "Add person" });
    await dialog.getByRole("textbox", { name: "Name" }).fill("Vera");
    await dialog.getByRole("textbox", { name: "E-mail" }).fill("vera@shop.example");
    await dialog.getByRole("combobox", { name: "Role" }).selectOption({ label: "Viewer" });
    await dialog.getByRole("button", { name: "Add person" }).click();
    const link = await dialog.getByRole("region", { name: "Link" }).innerText();
    await dialog.getByRole("button", { name: "Done" }).click();
    await page.getByRole("table", { name: "Open links" }).getByText("vera@shop.example").waitFor();
    const password = "tartan umbrella 93 kiosk";

    const second = await openWindow(browser, appliance, errors);
    const hers = await second.newPage();
    await hers.goto(link.trim());
    await hers.getByRole("textbox", { name: "Password", exact: true }).fill("password123");
    await hers.getByRole("textbox", { name: "Password again" }).fill("password123");
    await hers.getByRole("button", { name: "Make account" }).click();
    await hers.getByText("on the lists of those that were breached").waitFor();
    await hers.getByRole("textbox", { name: "Password", exact: true }).fill(password);
    await hers.getByRole("textbox", { name: "Password again" }).fill(password);
    await hers.getByRole("button", { name: "Make account" }).click();
    await hers.waitForURL(/sign-in/);
    await signIn(hers, "vera@shop.example", password);
    await hers.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    await hers.goto(`/clusters/${clusterName()}`);
    await hers.getByRole("textbox", { name: "Port 1" }).waitFor();
    assert.equal(await hers.getByRole("textbox", { name: "Port 1" }).isEditable(), false);
    assert.equal(await hers.getByRole("button", { name: "Add endpoint" }).count(), 0);
    await hers.goto("/versions");
    await hers.getByRole("table", { name: "Versions" }).waitFor();
    assert.equal(await hers.getByRole("button", { name: /Roll back/ }).count(), 0);
    await hers.goto("/people");
    await hers.getByText("You may not manage people").waitFor();
    await second.close();

    const api = await openApi({ url: appliance.url, email: "vera@shop.example", password });
    await assert.rejects(api.client.version.rollback.mutate({ version: 2 }), /editor|viewer/);
    await assert.rejects(
      api.client.draft.put.mutate({ kind: "clusters", yaml: "name: hers" }),
      /editor|viewer/,
    );
    await api.close();
  });

  step("what one person asks for in a protected group, another approves", async () => {
    const admin = await openApi(appliance);
    const paul = PUBLISHER;
    await admin.client.people.create.mutate({ ...paul, role: "publisher" });
    await admin.close();
    await navigate("Nodes");
    await button("Protect default").click();
    await page.getByRole("table", { name: "Groups" }).getByText("Protected").waitFor();

    const his = await openWindow(browser, appliance, errors);
    const api = await openApi({ url: appliance.url, ...paul });
    await api.client.draft.resetAll.mutate({});
    await api.client.draft.put.mutate({ kind: "clusters", yaml: "name: asked-for\ntype: STATIC\n" });
    await api.close();
    const desk = await his.newPage();
    await desk.goto("/publish");
    await signIn(desk, paul.email, paul.password);
    await desk.getByText("Group default is protected").waitFor();
    await desk.getByRole("textbox", { name: "Message" }).fill("A cluster more");
    await desk.getByRole("button", { name: "Ask for approval" }).click();
    await desk.getByText("Version 3 is made and waits for approval").waitFor();
    await desk.getByRole("link", { name: "Open request" }).click();
    await desk.getByText("another person who may publish").waitFor();
    assert.equal(await desk.getByRole("button", { name: "Approve" }).count(), 0);

    await page
      .getByRole("navigation", { name: "Main navigation" })
      .getByRole("link", { name: "Approvals one waits" })
      .click();
    await page.getByRole("link", { name: "Version 3 to default" }).click();
    await page.getByRole("region", { name: "Changes" }).getByText("asked-for").waitFor();
    assert.deepEqual(await findViolations(page), []);
    await keepImage(page, "approval-waits-light");
    await button("Approve").click();
    await page.getByText("Approved by admin").waitFor();
    await desk.getByText("Approved by admin").waitFor();
    await desk.getByRole("link", { name: "Open rollout" }).click();
    await desk.getByText("Version 3 is effective on the connected node").waitFor();

    await navigate("Nodes");
    await button("End the protection of default").click();
    const dialog = page.getByRole("dialog", { name: "End the protection of default" });
    await dialog.getByRole("textbox", { name: "Why" }).fill("The test goes on alone");
    await dialog.getByRole("button", { name: "Ask for approval" }).click();
    await page.getByRole("heading", { level: 1, name: "End the protection of default" }).waitFor();
    await desk.goto("/approvals");
    await desk.getByRole("link", { name: "End the protection of default" }).click();
    await desk.getByRole("button", { name: "Approve" }).click();
    await page.getByText("Approved by Paul").waitFor();
    await his.close();
  });

  step(
    "a stock Envoy that joins with the command of the Nodes page becomes effective and its requests show",
    async () => {
      const [adminPort = 0] = await freePorts(1);
      await navigate("Nodes");
      await button("Add a node").click();
      const dialog = page.getByRole("dialog", { name: "Add a node" });
      await dialog.getByRole("combobox", { name: "Software" }).selectOption({ label: "Envoy" });
      await dialog.getByRole("textbox", { name: "Node id" }).fill("edge-1");
      await dialog.getByRole("textbox", { name: "Control plane address" }).fill("127.0.0.1");
      await dialog.getByRole("textbox", { name: "Port", exact: true }).fill(String(appliance.xdsPort));
      await dialog.getByRole("textbox", { name: "The node's admin port" }).fill(String(adminPort));
      await dialog.getByRole("textbox", { name: "Labels" }).fill("zone=a");
      const directory = join(appliance.dataDir, "edge-1");
      await dialog.getByRole("textbox", { name: "Directory on the node" }).fill(directory);
      await dialog.getByRole("button", { name: "Make a token" }).click();
      const command = await dialog.getByRole("region", { name: "Join" }).innerText();
      assert.deepEqual(await findViolations(page), []);
      await keepImage(page, "add-node-light");
      await dialog
        .getByRole("combobox", { name: "How it connects" })
        .selectOption({ label: "In plain text, on the control plane's machine" });
      assert.match(await dialog.getByRole("region", { name: "Bootstrap" }).innerText(), /id: "edge-1"/);
      await dialog.getByRole("button", { name: "Close" }).click();
      const cli = join(import.meta.dirname, "../../packages/cli/src/main.ts");
      const words = command.replace("npm run -s sluice --", "").trim().split(/\s+/);
      execFileSync(process.execPath, [cli, ...words], { timeout: 60_000 });
      const file = join(directory, "bootstrap.yaml");
      const started = spawn(
        "envoy",
        ["-c", file, "--concurrency", "1", "--use-dynamic-base-id", "-l", "error"],
        { stdio: "ignore" },
      );
      envoy = { process: started, closed: new Promise((resolve) => started.once("close", resolve)) };
      const row = page.getByRole("table", { name: "Nodes" }).getByRole("row", { name: /^edge-1/ });
      await row.getByText("Effective").waitFor();
      await navigate("Requests");
      await page.getByRole("searchbox", { name: "Filter requests" }).fill("node:edge-1");
      // The kernel spreads connections over all sockets of the port: both nodes get some.
      await page.getByRole("row").filter({ hasText: "shop.example" }).first().waitFor();
    },
    hasEnvoy ? false : "envoy is not installed",
  );

  step(
    "Node access lists the token and the certificate; a revoked node is disconnected and a token made before it is of no use",
    async () => {
      await navigate("Nodes");
      await page.getByRole("link", { name: "Node access" }).click();
      const certificate = page
        .getByRole("table", { name: "Node certificates" })
        .getByRole("row", { name: /^edge-1/ });
      await certificate.getByText("Valid").waitFor();
      await page.getByRole("table", { name: "Join tokens" }).getByText("Used up").waitFor();
      assert.deepEqual(await findViolations(page), []);
      await keepImage(page, "node-access-light");
      await certificate.getByRole("button", { name: "Revoke the node" }).click();
      const dialog = page.getByRole("dialog", { name: "Revoke the node" });
      await dialog.getByRole("textbox").fill("edge-1");
      assert.deepEqual(await findViolations(page), []);
      await dialog.getByRole("button", { name: "Revoke the node" }).click();
      await certificate.getByText("Revoked").waitFor();
      await certificate.getByRole("link", { name: "edge-1" }).click();
      await page.getByText("Not connected").first().waitFor();
      // It keeps serving what it had on the same port: what comes next is for the other node alone.
      envoy?.process.kill("SIGTERM");
      await envoy?.closed;
      envoy = undefined;
    },
    hasEnvoy ? false : "envoy is not installed",
  );

  step(
    "a node drains, resumes and changes its log level; its configuration is read and held against a version",
    async () => {
      await page.route(/node\.get/, async (route) => {
        const pressed = await page.evaluate(() => document.body.dataset["pressed"]).catch(() => undefined);
        await (pressed === "yes" ? route.continue() : route.abort());
      });
      await page.goto("/nodes/local");
      await page.getByRole("heading", { name: "The server does not answer" }).waitFor();
      // News of the node make the page ask again, too: nothing gets through before the button is pressed.
      await page.evaluate(() =>
        document.body.addEventListener("click", () => (document.body.dataset["pressed"] = "yes"), {
          capture: true,
          once: true,
        }),
      );
      await button("Try again").click();
      const operations = page.getByRole("region", { name: "Operations" });
      await operations.waitFor();
      await page.unroute(/node\.get/);
      const ready = async () => (await fetch(`http://127.0.0.1:${appliance.nodeAdminPort}/ready`)).status;
      await operations.getByRole("button", { name: "Drain" }).click();
      await operations.getByText("done, says the node").waitFor();
      await operations.getByText("Drains", { exact: true }).waitFor();
      assert.equal(await ready(), 503);
      assert.deepEqual(await findViolations(page), []);
      await operations.getByRole("button", { name: "Resume" }).click();
      await operations.getByText("Takes traffic").waitFor();
      assert.equal(await ready(), 200);
      await operations.getByRole("combobox", { name: "Log level" }).selectOption("debug");
      await operations.getByText("debug", { exact: true }).first().waitFor();
      await operations.getByRole("button", { name: "Close its listeners" }).click();
      const dialog = page.getByRole("dialog", { name: "Close its listeners" });
      await dialog.getByRole("textbox").fill("another");
      assert.equal(await dialog.getByRole("button", { name: "Close its listeners" }).isDisabled(), true);
      await page.keyboard.press("Escape");
      await dialog.waitFor({ state: "detached" });
      await link("Its configuration").click();
      await page.getByRole("searchbox", { name: "Find in names and contents" }).fill(clusterName());
      const resources = page.getByRole("navigation", { name: "Resources" });
      await resources.getByRole("button", { name: clusterName() }).first().click();
      await page.getByRole("article", { name: clusterName() }).getByText("connect_timeout").waitFor();
      await tab("Against a version").click();
      await page.getByText(/The node has what version \d+ says/).waitFor();
    },
  );

  step("Explain says which way a request takes, and why a route before it does not", async () => {
    const api = await openApi(appliance);
    await publishShop(api, { listenerPort, upstreamPort });
    await api.close();
    await navigate("Nodes");
    await page.keyboard.press("g");
    await page.keyboard.press("x");
    await page.getByRole("heading", { level: 1, name: "Explain" }).waitFor();
    await textbox("URL").fill("http://shop.example/checkout?cart=7");
    await textbox("URL").press("Enter");
    const way = page.getByRole("region", { name: "Way of the request" });
    await way.getByText("A route takes it").waitFor();
    await way.getByRole("heading", { name: "Cluster, for 20% of requests" }).waitFor();
    await way.getByText("3 passed over, and why").click();
    await way.getByText(/starts with "\/items"/).waitFor();
    await textbox("URL").fill("http://nowhere.example/");
    await textbox("URL").press("Enter");
    await page.getByText("No virtual host takes it").waitFor();
  });

  step(
    "somebody signs on with an OpenID provider, adds a passkey, and comes back with it alone",
    async () => {
      await signOnStory({ browser, appliance, page, errors });
    },
  );

  step(
    "a second factor that is compulsory is told ahead, and then stands in every page's place",
    async () => {
      await secondFactorStory({ browser, appliance, page, errors, person: PUBLISHER });
    },
  );

  step("axe finds nothing on any page, in light and in dark", async () => {
    await checkPages(page, { cluster: "catalog", traceId: TRACE_ID });
  });

  step(
    "an automatic certificate is asked for, with the authority, DNS provider and key of its own",
    async () => {
      await certificateStory(page, deadPort);
    },
  );

  test("no page reported an error of its own", () => assert.deepEqual(errors, []));
});

async function waitForValue(control: Locator, value: string): Promise<void> {
  await waitFor(`the value ${value}`, async () => (await control.inputValue()) === value);
}
