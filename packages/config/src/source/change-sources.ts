import { randomBytes } from "node:crypto";
import { eq } from "drizzle-orm";
import { authorizeRead } from "../access/authorize.ts";
import { change } from "../access/change.ts";
import { notify } from "../access/notify.ts";
import { appendAudit } from "../audit/append-audit.ts";
import { CHANNELS, ConfigError, type Context } from "../contract.ts";
import type { KeyRing } from "../envelope/key-ring.ts";
import { source } from "../schema/index.ts";
import { checkSettings } from "./check-settings.ts";
import type { SourceCredentials, SourceSettings, SourceState } from "./source-contract.ts";
import { readStates, requireSource, requireState, sealCredentials, sealWebhook } from "./source-rows.ts";

export interface AddSourceInput extends SourceSettings {
  readonly credentials?: SourceCredentials | undefined;
}

/** Adds a source; it is looked at at once. Needs settings.manage. The answer has the webhook's secret, which is shown this once. `already_exists`, `bad_input`. */
export async function addSource(
  context: Context,
  ring: KeyRing,
  input: AddSourceInput,
): Promise<SourceState & { readonly webhookSecret: string }> {
  const subject = `source/${input.name}`;
  return await change(
    context,
    { permission: "settings.manage", action: "source.add", subject },
    async (tx) => {
      const settings = checkSettings(input);
      const webhookSecret = randomBytes(24).toString("base64url");
      const now = context.now();
      const made = await tx
        .insert(source)
        .values({
          ...settings,
          sealedCredentials: sealCredentials(ring, settings.name, input.credentials ?? {}),
          sealedWebhook: sealWebhook(ring, settings.name, webhookSecret),
          createdAt: now,
          createdBy: context.actor.name,
          nextCheckAt: now,
          phase: "new",
          message: "",
        })
        .onConflictDoNothing()
        .returning({ name: source.name });
      if (made.length === 0)
        throw new ConfigError("already_exists", `there is a source '${settings.name}' already`);
      await appendAudit(tx, context, { action: "source.add", subject, details: settings });
      await notify(tx, CHANNELS.draft, { source: settings.name });
      return { ...(await requireState(tx, settings.name)), webhookSecret };
    },
  );
}

export interface ChangeSourceInput extends SourceSettings {
  /** Undefined: as they are; empty: none. */
  readonly credentials?: SourceCredentials | undefined;
}

/** Changes all settings of a source but its name and kind; it is looked at anew. Needs settings.manage. `not_found`, `bad_input`. */
export async function changeSource(
  context: Context,
  ring: KeyRing,
  input: ChangeSourceInput,
): Promise<SourceState> {
  const subject = `source/${input.name}`;
  return await change(
    context,
    { permission: "settings.manage", action: "source.change", subject },
    async (tx) => {
      const settings = checkSettings(input);
      const before = await requireSource(tx, input.name);
      if (before.kind !== settings.kind)
        throw new ConfigError("bad_input", "a source's kind stays: remove it and add another");
      if (
        before.location !== settings.location &&
        before.sealedCredentials !== null &&
        input.credentials === undefined
      )
        throw new ConfigError(
          "bad_input",
          "give the credentials again: they are not sent to another address than before",
        );
      const credentials =
        input.credentials === undefined
          ? {}
          : { sealedCredentials: sealCredentials(ring, input.name, input.credentials) };
      await tx
        .update(source)
        .set({ ...settings, ...credentials, nextCheckAt: context.now() })
        .where(eq(source.name, input.name));
      await appendAudit(tx, context, { action: "source.change", subject, details: settings });
      await notify(tx, CHANNELS.draft, { source: input.name });
      return await requireState(tx, input.name);
    },
  );
}

/** Forgets a source; its resources stay in the draft, as anybody's. Needs settings.manage. `not_found`. */
export async function removeSource(context: Context, name: string): Promise<void> {
  const subject = `source/${name}`;
  await change(context, { permission: "settings.manage", action: "source.remove", subject }, async (tx) => {
    await requireSource(tx, name);
    await tx.delete(source).where(eq(source.name, name));
    await appendAudit(tx, context, { action: "source.remove", subject });
    await notify(tx, CHANNELS.draft, { source: name });
  });
}

/** By name. Needs config.read. */
export async function listSources(context: Context): Promise<readonly SourceState[]> {
  await authorizeRead(context, "source.list");
  return await readStates(context.db);
}
