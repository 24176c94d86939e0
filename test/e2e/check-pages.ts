import type { Page } from "playwright-core";
import { checkPage } from "./check-page.ts";

export interface Subjects {
  readonly cluster: string;
  readonly traceId: string;
}

interface Visit {
  /** Of the picture. */
  readonly name: string;
  readonly path: string;
  /** Stands on the page once its data has come. */
  readonly ready: (page: Page) => Promise<void>;
  readonly dark?: boolean;
  /** Of the window; default 1280 px. */
  readonly width?: number;
}

const seen = (text: string | RegExp) => async (page: Page) => await page.getByText(text).first().waitFor();
const rowOf = (name: string) => async (page: Page) =>
  await page.getByRole("row").filter({ hasText: name }).first().waitFor();

const NGINX = `server {
  listen 8081;
  server_name old.example;
  location / { proxy_pass http://127.0.0.1:9000; }
  location /admin { auth_basic staff; proxy_pass http://127.0.0.1:9001; }
}
`;

function visits({ cluster, traceId }: Subjects): readonly Visit[] {
  return [
    { name: "overview", path: "/", ready: seen("Nodes in sync"), dark: true },
    {
      name: "topology",
      path: "/topology",
      ready: async (page) => await page.getByRole("group", { name: cluster }).waitFor(),
      dark: true,
      width: 1600,
    },
    { name: "traffic", path: "/traffic", ready: seen("Requests by response") },
    { name: "requests", path: "/requests", ready: rowOf("/items") },
    { name: "traces", path: "/traces", ready: rowOf("GET /") },
    {
      name: "trace",
      path: `/traces/${traceId}`,
      ready: async (page) => await page.getByRole("treeitem").first().waitFor(),
    },
    { name: "listeners", path: "/listeners", ready: rowOf("http-") },
    { name: "routes", path: "/routes", ready: rowOf("http-") },
    { name: "clusters", path: "/clusters", ready: rowOf(cluster) },
    { name: "endpoints", path: "/endpoints", ready: seen("No endpoint list yet") },
    { name: "secrets", path: "/secrets", ready: seen("No secret yet") },
    { name: "certificates", path: "/certificates", ready: seen("No certificate yet") },
    { name: "cluster-form", path: `/clusters/${cluster}`, ready: seen("Host, port and weight") },
    {
      name: "cluster-yaml",
      path: `/clusters/${cluster}`,
      ready: async (page) => {
        await page.getByRole("tab", { name: "YAML" }).click();
        await page.getByRole("textbox", { name: `YAML of ${cluster}` }).waitFor();
      },
    },
    { name: "first-route", path: "/first-route", ready: seen("Send your first traffic") },
    {
      name: "explain",
      path: `/explain?source=live&url=${encodeURIComponent("http://shop.example/checkout?cart=7")}`,
      ready: seen("A route takes it"),
      dark: true,
    },
    { name: "publish", path: "/publish", ready: seen("Nothing to publish") },
    { name: "approvals", path: "/approvals?view=all", ready: rowOf("A cluster more") },
    { name: "approval", path: "/approvals/1", ready: seen("asked-for") },
    { name: "versions", path: "/versions", ready: rowOf("The first route") },
    { name: "changes", path: "/versions?view=changes&q=cluster", ready: seen("Take back"), dark: true },
    {
      name: "field-origins",
      path: `/clusters/${cluster}`,
      ready: async (page) => {
        await page.getByRole("tab", { name: "History" }).click();
        await rowOf("connect_timeout")(page);
      },
    },
    { name: "api-docs", path: "/api-docs", ready: seen("/api/v1/version/publish") },
    { name: "version", path: "/versions/1", ready: seen("Compared with") },
    { name: "rollouts", path: "/rollouts", ready: rowOf("Completed") },
    { name: "nodes", path: "/nodes", ready: rowOf("local") },
    { name: "node", path: "/nodes/local", ready: seen("Configuration by type") },
    {
      name: "node-configuration",
      path: "/nodes/local/config",
      ready: async (page) => {
        await page.getByText("dynamic_active_clusters").first().waitFor();
        await page.getByRole("button", { name: cluster }).first().click();
        await seen("connect_timeout")(page);
      },
      dark: true,
    },
    {
      name: "node-comparison",
      path: "/nodes/local/config?view=compare",
      ready: seen(/The node has what version/),
    },
    { name: "node-access", path: "/node-access", ready: seen("Join tokens") },
    { name: "alerts", path: "/alerts", ready: seen("No rule yet") },
    { name: "notifications", path: "/notifications", ready: seen("No channel yet") },
    { name: "people", path: "/people", ready: rowOf("admin@sluice.local") },
    {
      name: "new-role",
      path: "/roles",
      ready: async (page) => {
        await page.getByRole("button", { name: "New role" }).click();
        await page.getByRole("checkbox", { name: /config.publish/ }).check();
      },
      dark: true,
    },
    { name: "roles", path: "/roles", ready: rowOf("config.override") },
    { name: "tokens", path: "/tokens", ready: seen("No tokens yet") },
    { name: "profile", path: "/profile", ready: seen("this one") },
    { name: "accept", path: "/accept#no.link", ready: seen("This link was used") },
    {
      name: "import",
      path: "/transfer/import",
      ready: async (page) => {
        await page.getByRole("textbox", { name: "Or paste it here" }).fill(NGINX);
        await page.getByRole("button", { name: "Show what it would do" }).click();
        await page.getByRole("heading", { name: "What it would do" }).waitFor();
      },
      dark: true,
    },
    { name: "export", path: "/transfer/export", ready: seen("For Git") },
    { name: "backup", path: "/transfer/backup", ready: seen("Backup file") },
    { name: "sources", path: "/sources", ready: seen("No source yet") },
    { name: "audit", path: "/audit", ready: rowOf("version") },
    { name: "settings", path: "/settings", ready: seen("HTTP API") },
    { name: "settings-security", path: "/settings/security", ready: seen("Accounts with a password") },
    { name: "settings-retention", path: "/settings/retention", ready: seen("Figures of a minute, days") },
    { name: "settings-keys", path: "/settings/keys", ready: seen("The key lies beside the data") },
    { name: "settings-about", path: "/settings/about", ready: seen("PostgreSQL") },
    { name: "not-found", path: "/there-is-no-such-page", ready: seen("There is no such page") },
  ];
}

/** Every page with real data on it: axe in light and dark, and its picture when pictures are kept. */
export async function checkPages(page: Page, subjects: Subjects): Promise<void> {
  const narrow: Visit = { name: "overview-narrow", path: "/", ready: seen("Nodes in sync"), width: 400 };
  for (const { name, path, ready, dark, width } of [...visits(subjects), narrow]) {
    await page.setViewportSize({ width: width ?? 1280, height: 800 });
    await page.goto(path);
    await ready(page);
    await checkPage(page, name, dark);
  }
}
