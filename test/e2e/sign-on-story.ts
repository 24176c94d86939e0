import assert from "node:assert/strict";
import { startOpenIdProvider, type TestOpenIdProvider } from "@sluice/harness/openid-provider";
import type { Browser, CDPSession, Page } from "playwright-core";
import { checkPage, findViolations, keepImage } from "./check-page.ts";
import { openWindow } from "./open-browser.ts";
import type { Appliance } from "./start-appliance.ts";

export interface SignOnStage {
  readonly browser: Browser;
  readonly appliance: Appliance;
  /** The administrator's, signed in. */
  readonly page: Page;
  readonly errors: string[];
}

/**
 * An administrator sets a real OpenID provider up in Settings; somebody signs on with it in a window of their own, adds a passkey,
 * and comes back with the passkey alone.
 */
export async function signOnStory({ browser, appliance, page, errors }: SignOnStage): Promise<void> {
  const provider = await startOpenIdProvider([`${appliance.url}/api/auth/callback/corp`]);
  const window = await openWindow(browser, appliance, errors);
  try {
    provider.accounts.set("ann", {
      email: "ann@example.org",
      email_verified: false,
      name: "Ann Onymous",
      groups: ["ops"],
    });
    await setUp(page, provider);
    const own = await window.newPage();
    await signOnOf(own, provider);
    const authenticator = await virtualAuthenticator(own);
    await addPasskey(own);
    await window.clearCookies();
    await useOf(own, authenticator);
    await own.goto("/profile");
    await removePasskey(own);
    await window.clearCookies();
    await own.goto("/sign-in");
    await own.getByRole("button", { name: "Sign in with a passkey" }).click();
    await own
      .getByRole("alert")
      .getByText(/This passkey is not known here/)
      .waitFor();
  } finally {
    await window.close();
    await provider.close();
  }
}

async function setUp(page: Page, provider: TestOpenIdProvider): Promise<void> {
  await page.goto("/settings/security");
  await page.getByRole("button", { name: "Add provider" }).click();
  const dialog = page.getByRole("dialog", { name: "New provider" });
  const fill = (name: string, text: string) => dialog.getByRole("textbox", { name, exact: true }).fill(text);
  await fill("Name on the button", "Corp");
  await fill("Id", "corp");
  await fill("Issuer", `${provider.issuer}/`);
  await fill("Client id", provider.clientId);
  await dialog.getByLabel("Client secret").fill(provider.clientSecret);
  await fill("Scopes", "openid email profile groups");
  await fill("Claim with groups or roles", "groups");
  await dialog.getByRole("button", { name: "Add rule" }).click();
  await fill("Group 1", "ops");
  await dialog.getByRole("combobox", { name: "Role 1" }).selectOption("publisher");
  await dialog.getByRole("checkbox", { name: "Make an account at the first sign-on" }).check();
  await dialog.getByRole("button", { name: "Test" }).click();
  await dialog.getByText("This does not work yet.").waitFor();
  await dialog.getByText(/to be given to the letter/).waitFor();
  await fill("Issuer", provider.issuer);
  await dialog.getByRole("button", { name: "Test" }).click();
  await dialog.getByText("The provider answers, and its answers can be checked.").waitFor();
  await checkPage(page, "sign-on-provider", true);
  await dialog.getByRole("button", { name: "Save" }).click();
  await page.getByRole("row").filter({ hasText: provider.issuer }).getByText("on", { exact: true }).waitFor();
  await checkPage(page, "settings-sign-on");
}

async function signOnOf(page: Page, provider: TestOpenIdProvider): Promise<void> {
  const goThere = async (): Promise<void> => {
    await page.getByRole("button", { name: "Continue with Corp" }).click();
    await page.waitForURL(`${provider.issuer}/**`);
  };
  await page.goto("/routes");
  await goThere();
  await page.getByPlaceholder("Enter any login").fill("ann");
  await page.getByPlaceholder("and password").fill("any");
  await page.getByRole("button", { name: "Sign-in" }).click();
  await page
    .getByRole("alert")
    .getByText(/has not verified your e-mail address/)
    .waitFor();
  await checkPage(page, "sign-on-refused");
  const { accounts } = provider;
  accounts.set("ann", { ...accounts.get("ann"), email_verified: true });
  await page.goto("/routes");
  await page.getByRole("button", { name: "Continue with Corp" }).click();
  // The provider knows the browser by now and asks nothing.
  await page.getByRole("heading", { level: 1, name: "Routes" }).waitFor();
  await page.goto("/profile");
  await page.getByText(/Ann Onymous · ann@example\.org · Publisher/).waitFor();
}

interface Authenticator {
  readonly session: CDPSession;
  readonly authenticatorId: string;
}

/** A platform authenticator in Chromium that knows its person, and says yes. */
async function virtualAuthenticator(page: Page): Promise<Authenticator> {
  const session = await page.context().newCDPSession(page);
  await session.send("WebAuthn.enable");
  const { authenticatorId } = await session.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return { session, authenticatorId };
}

async function addPasskey(page: Page): Promise<void> {
  const section = page.getByRole("region", { name: "Passkeys" });
  await section.getByRole("textbox", { name: "Name of the passkey" }).fill("laptop");
  await section.getByRole("button", { name: "Add passkey" }).click();
  await section.getByText("The passkey is added.").waitFor();
  await section.getByRole("button", { name: "Actions for laptop" }).click();
  await page.getByRole("menuitem", { name: "Rename" }).click();
  const dialog = page.getByRole("dialog", { name: "Rename" });
  await dialog.getByRole("textbox").fill("my laptop");
  await dialog.getByRole("textbox").press("Enter");
  await section.getByRole("cell", { name: "my laptop", exact: true }).waitFor();
  await section.getByRole("button", { name: "Add passkey" }).scrollIntoViewIfNeeded();
  await checkPage(page, "profile-passkeys");
}

async function useOf(page: Page, { session, authenticatorId }: Authenticator): Promise<void> {
  await page.goto("/clusters");
  await page.getByRole("button", { name: "Sign in with a passkey" }).waitFor();
  assert.deepEqual(await findViolations(page), []);
  await keepImage(page, "sign-in-choices-light");
  await session.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: false });
  assert.equal(await page.evaluate(signInUnverified), "USER_NOT_VERIFIED", "possession alone is one factor");
  await session.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: true });
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await page.getByRole("heading", { level: 1, name: "Clusters" }).waitFor();
}

/** In the page: what our own pages never ask for, a passkey without PIN or biometrics. */
async function signInUnverified(): Promise<string | undefined> {
  const begun = await fetch("/api/auth/passkey/generate-authenticate-options");
  const options = PublicKeyCredential.parseRequestOptionsFromJSON(
    (await begun.json()) as PublicKeyCredentialRequestOptionsJSON,
  );
  const found = await navigator.credentials.get({
    publicKey: { ...options, userVerification: "discouraged" },
  });
  const answer = await fetch("/api/auth/passkey/verify-authentication", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ response: found instanceof PublicKeyCredential ? found.toJSON() : undefined }),
  });
  return ((await answer.json()) as { readonly code?: string }).code;
}

async function removePasskey(page: Page): Promise<void> {
  const section = page.getByRole("region", { name: "Passkeys" });
  await section.getByRole("button", { name: "Actions for my laptop" }).click();
  await page.getByRole("menuitem", { name: "Remove" }).click();
  const dialog = page.getByRole("dialog", { name: "Remove" });
  await dialog.getByRole("textbox").fill("my laptop");
  await dialog.getByRole("button", { name: "Remove" }).click();
  await section.getByText("No passkey yet.").waitFor();
}
