import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import { findViolations, keepImage } from "./check-page.ts";

/**
 * An administrator comes to Certificates from the command palette, finds no DNS provider and no authority, sets both up, and asks for a
 * certificate with a choice of its own: authority, challenge, key. Nothing answers at the addresses: what is tried shows.
 */
export async function certificateStory(page: Page, port: number): Promise<void> {
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.goto("/listeners");
  // The heading comes with the page; keys are heard once its code runs.
  await page.getByRole("banner").getByRole("button", { name: "Live", exact: true }).waitFor();
  await page.keyboard.press("ControlOrMeta+k");
  await page.getByRole("combobox", { name: "Command palette" }).fill("request a cert");
  await page.getByRole("option", { name: "Request a certificate", selected: true }).waitFor();
  await page.keyboard.press("Enter");
  const request = page.getByRole("dialog", { name: "Request a certificate" });
  await request.getByRole("textbox", { name: "Host names" }).fill("tls.example");
  await request.getByRole("combobox", { name: "Challenge" }).selectOption("tls-alpn-01");
  await request.getByRole("textbox", { name: "Listener" }).waitFor();
  await request.getByRole("combobox", { name: "Challenge" }).selectOption("dns-01");
  await request.getByText("No DNS provider is set up: add one first").waitFor();
  await request.getByText("No authority is set up yet").waitFor();
  assert.deepEqual(await findViolations(page), []);
  await page.keyboard.press("Escape");
  await request.waitFor({ state: "detached" });
  assert.equal(new URL(page.url()).search, "", "a reload would not open it again");

  await addDnsProvider(page, port);
  await addAuthority(page, port);

  await page.getByRole("button", { name: "Request", exact: true }).click();
  await request.getByRole("textbox", { name: "Host names" }).fill("*.shop.example");
  await request.getByText("A DNS provider puts up a record for each name").waitFor();
  await request.getByRole("combobox", { name: "DNS provider" }).selectOption("records");
  await request.getByRole("combobox", { name: "Authority" }).selectOption("House");
  await request.getByRole("combobox", { name: "Key" }).selectOption({ label: "ECDSA P-384" });
  await keepImage(page, "certificate-request-light");
  await request.getByRole("button", { name: "Request", exact: true }).click();
  const certificate = page
    .getByRole("table", { name: "Automatic certificates" })
    .getByRole("row", { name: /\*\.shop\.example/ });
  await certificate.getByText("DNS-01").waitFor();
  await certificate.getByText("the last attempt failed").waitFor();
}

/** A scheme that cannot be called is refused in the dialog, and nothing typed is lost; the key is shown once. */
async function addDnsProvider(page: Page, port: number): Promise<void> {
  await page.getByRole("button", { name: "DNS providers" }).click();
  const dialog = page.getByRole("dialog", { name: "DNS providers" });
  const name = dialog.getByRole("textbox", { name: "Name", exact: true });
  await name.fill("records");
  await webhookOf(dialog).fill("ftp://127.0.0.1/records");
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.getByRole("alert").waitFor();
  assert.equal(await name.inputValue(), "records");
  assert.deepEqual(await findViolations(page), []);
  await keepImage(page, "dns-provider-light");
  await webhookOf(dialog).fill(`https://127.0.0.1:${port}/records`);
  await webhookOf(dialog).press("Enter");
  await dialog.getByText("The signing key was made").waitFor();
  assert.match(await dialog.innerText(), /whsec_/);
  await dialog.getByRole("button", { name: "Done" }).click();
  await dialog.waitFor({ state: "detached" });
}

const webhookOf = (dialog: Locator): Locator => dialog.getByRole("textbox", { name: "Webhook" });

async function addAuthority(page: Page, port: number): Promise<void> {
  await page.getByRole("button", { name: "Authority" }).click();
  const dialog = page.getByRole("dialog", { name: "Authority for automatic certificates" });
  const directory = dialog.getByRole("textbox", { name: "ACME directory" });
  await dialog.getByRole("textbox", { name: "Name", exact: true }).fill("House");
  await directory.fill(`http://127.0.0.1:${port}/directory`);
  await dialog.getByRole("checkbox", { name: /terms of service/ }).check();
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog
    .getByRole("alert")
    .getByText(/https:/)
    .waitFor();
  assert.equal(await dialog.getByRole("textbox", { name: "Name", exact: true }).inputValue(), "House");
  assert.deepEqual(await findViolations(page), []);
  await directory.fill(`https://127.0.0.1:${port}/directory`);
  await directory.press("Enter");
  await dialog.waitFor({ state: "detached" });
  await page.getByText("from House").waitFor();
}
