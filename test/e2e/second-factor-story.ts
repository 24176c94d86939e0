import { secretIn, totp } from "@sluice/harness/totp";
import type { Browser, Page } from "playwright-core";
import { checkPage } from "./check-page.ts";
import { openWindow, signIn } from "./open-browser.ts";
import type { Appliance } from "./start-appliance.ts";

export interface SecondFactorStage {
  readonly browser: Browser;
  readonly appliance: Appliance;
  /** The administrator's, signed in. */
  readonly page: Page;
  readonly errors: string[];
  /** Somebody with a password and without a second factor. */
  readonly person: { readonly email: string; readonly password: string };
}

/**
 * An administrator sets up an app and makes a second factor compulsory; somebody is told so on every page, then finds every page to be
 * the form, sets up an app there, and comes to the page that was asked for. At the end it is optional again.
 */
export async function secondFactorStory({
  browser,
  appliance,
  page,
  errors,
  person,
}: SecondFactorStage): Promise<void> {
  await page.goto("/profile");
  await setUpApp(page, appliance.password);
  await page.getByText("Two-factor is on: a code is asked at sign-in.").waitFor();
  await decide(page, "required", 7);
  const window = await openWindow(browser, appliance, errors);
  try {
    const own = await window.newPage();
    await own.goto("/clusters");
    await signIn(own, person.email, person.password);
    await own.getByText("A second factor becomes compulsory for you").waitFor();
    await checkPage(own, "second-factor-banner");
    await decide(page, "required", 0);
    await checkPage(page, "settings-second-factor");
    await own.goto("/clusters");
    await own.getByRole("heading", { level: 1, name: "Set up a second factor" }).waitFor();
    await checkPage(own, "second-factor-form");
    await setUpApp(own, person.password);
    await own.getByRole("heading", { level: 1, name: "Clusters" }).waitFor();
  } finally {
    await window.close();
  }
  await decide(page, "optional");
  await page.goto("/profile");
  await page.getByLabel("Your password").fill(appliance.password);
  await page.getByRole("button", { name: "Turn two-factor off" }).click();
  await page.getByText("Two-factor is off.").waitFor();
}

async function setUpApp(page: Page, password: string): Promise<void> {
  const section = page.getByRole("region", { name: "Two-factor" });
  await section.getByLabel("Your password").fill(password);
  await section.getByRole("button", { name: "Set up two-factor" }).click();
  const app = section.getByRole("link", { name: "Open in an app on this device" });
  await section.getByLabel("Code of the app").fill(totp(secretIn((await app.getAttribute("href")) ?? "")));
  await section.getByRole("button", { name: "Confirm" }).click();
}

async function decide(page: Page, choice: "optional" | "required", graceDays?: number): Promise<void> {
  await page.goto("/settings/security");
  const section = page.getByRole("region", { name: "Second factor" });
  await section.getByRole("combobox").selectOption(choice);
  if (graceDays !== undefined) await section.getByRole("spinbutton").fill(String(graceDays));
  await section.getByRole("button", { name: "Save" }).click();
  await page.getByText("The second factor's setting is saved").waitFor();
}
