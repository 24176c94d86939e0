import { existsSync } from "node:fs";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import type { Appliance } from "./start-appliance.ts";

const CANDIDATES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
/** Of what a person would wait for: a loaded machine must not make a failure of it. */
const ACTION_DEADLINE_MS = 30_000;

/** `CHROMIUM_PATH`, or the system's; undefined where there is none. */
export function findChromium(): string | undefined {
  return [process.env.CHROMIUM_PATH ?? "", ...CANDIDATES].find((path) => path !== "" && existsSync(path));
}

export async function openBrowser(executablePath: string): Promise<Browser> {
  return await chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** A window of its own cookies, 1280 × 800. What the pages report as broken is added to `errors`. */
export async function openWindow(
  browser: Browser,
  appliance: Pick<Appliance, "url">,
  errors: string[],
): Promise<BrowserContext> {
  const context = await browser.newContext({
    baseURL: appliance.url,
    viewport: { width: 1280, height: 800 },
    colorScheme: "light",
    locale: "en-US",
    reducedMotion: "reduce",
  });
  context.setDefaultTimeout(ACTION_DEADLINE_MS);
  context.on("weberror", (failure) => errors.push(`${failure.page()?.url()}: ${failure.error().message}`));
  context.on("console", (message) => {
    const text = message.text();
    // Chromium reports every refused or broken-off request itself; those are what the tests provoke.
    if (message.type() === "error" && !/Failed to load resource|net::ERR_|WebSocket connection/.test(text))
      errors.push(`${message.page()?.url()}: ${text}`);
  });
  return context;
}

/** Fills the form of the page that is open, and presses Enter as one does. */
export async function signIn(page: Page, email: string, password: string): Promise<void> {
  await page.getByRole("textbox", { name: "E-mail" }).fill(email);
  await page.getByRole("textbox", { name: "Password" }).fill(password);
  await page.getByRole("textbox", { name: "Password" }).press("Enter");
}
