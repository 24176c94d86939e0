import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const images = fileURLToPath(new URL("../../docs/images/", import.meta.url));
const keepImages = process.env.SLUICE_E2E_SCREENSHOTS === "1";
const EVERYTHING = { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] };
/** The rules of those that look at colours: the other scheme changes nothing else. */
const COLOURS = { type: "rule", values: ["color-contrast", "link-in-text-block"] };

declare global {
  interface Window {
    readonly axe: { run(options: unknown): Promise<AxeResults> };
  }
}

/** What axe finds against WCAG 2.2 AA, one line for each rule and element. */
export async function findViolations(page: Page, runOnly = EVERYTHING): Promise<string[]> {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axeSource);
  const { violations } = await page.evaluate(
    (rules) => window.axe.run({ runOnly: rules, resultTypes: ["violations"], iframes: false }),
    runOnly,
  );
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(
      ({ target, failureSummary }) =>
        `${id} (${help}): ${target.join(" ")} ${failureSummary?.split("\n").at(-1)?.trim()}`,
    ),
  );
}

/**
 * Asserts that axe finds nothing on the page that is open, in light and in dark.
 * With SLUICE_E2E_SCREENSHOTS=1 also keeps its picture in docs/images.
 *
 * @param dark also keep the dark picture
 */
export async function checkPage(page: Page, name: string, dark = false): Promise<void> {
  for (const scheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.waitForFunction((wanted) => document.documentElement.classList.contains(wanted), scheme);
    const rules = scheme === "light" ? EVERYTHING : COLOURS;
    assert.deepEqual(await findViolations(page, rules), [], `${name} in ${scheme}`);
    if (scheme === "light" || dark) await keepImage(page, `${name}-${scheme}`);
  }
  await page.emulateMedia({ colorScheme: "light" });
}

export async function keepImage(page: Page, name: string): Promise<void> {
  if (!keepImages) return;
  mkdirSync(images, { recursive: true });
  await page.screenshot({ path: join(images, `${name}.png`), animations: "disabled", caret: "hide" });
}
