import { eq } from "drizzle-orm";
import { authorizeRead } from "../access/authorize.ts";
import { change } from "../access/change.ts";
import { notify } from "../access/notify.ts";
import { appendAudit } from "../audit/append-audit.ts";
import { CHANNELS, ConfigError, type Context } from "../contract.ts";
import { versionTag } from "../schema/index.ts";
import { requireVersion } from "../version/require-version.ts";

export interface VersionTag {
  readonly name: string;
  readonly version: number;
  readonly author: string;
  readonly createdAt: Date;
}

/** As in Git, and never a number, so that `diff 3 stable` means one thing. */
const TAG = /^(?!\d+$)[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$/;

/** Gives a version a name. A name that another version has is a `conflict` unless `move` is true. Needs config.publish in any group. `invalid`, `not_found`. */
export async function tagVersion(
  context: Context,
  input: { readonly version: number; readonly name: string; readonly move?: boolean | undefined },
): Promise<VersionTag> {
  const { name, version } = input;
  const subject = `version/${version}`;
  return await change(
    context,
    { permission: "config.publish", scope: "any", action: "version.tag", subject },
    async (tx) => {
      if (!TAG.test(name))
        throw new ConfigError(
          "invalid",
          `'${name}' is no tag: letters, digits and . _ / - (not a number alone), up to 100`,
        );
      await requireVersion(tx, version);
      const [taken] = await tx.select().from(versionTag).where(eq(versionTag.name, name)).for("update");
      if (taken?.version === version) return taken;
      if (taken !== undefined && input.move !== true)
        throw new ConfigError(
          "conflict",
          `version ${taken.version} has the tag '${name}'; move it, or take another name`,
          {
            by: taken.author,
            at: taken.createdAt.toISOString(),
            version: taken.version,
          },
        );
      const values = { version, author: context.actor.name, createdAt: context.now() };
      await tx
        .insert(versionTag)
        .values({ name, ...values })
        .onConflictDoUpdate({ target: versionTag.name, set: values });
      await appendAudit(tx, context, {
        action: "version.tag",
        subject,
        details: { tag: name, ...(taken === undefined ? {} : { from: taken.version }) },
      });
      await notify(tx, CHANNELS.rollout, { tag: name });
      return { name, ...values };
    },
  );
}

/** Needs config.publish in any group. `not_found`. */
export async function untagVersion(context: Context, name: string): Promise<void> {
  const attempt = {
    permission: "config.publish",
    scope: "any",
    action: "version.untag",
    subject: `tag/${name}`,
  } as const;
  await change(context, attempt, async (tx) => {
    const [gone] = await tx.delete(versionTag).where(eq(versionTag.name, name)).returning();
    if (gone === undefined) throw new ConfigError("not_found", `there is no tag '${name}'`);
    await appendAudit(tx, context, {
      action: "version.untag",
      subject: `version/${gone.version}`,
      details: { tag: name },
    });
    await notify(tx, CHANNELS.rollout, { tag: name });
  });
}

/** All tags, newest version first. */
export async function listTags(context: Context): Promise<readonly VersionTag[]> {
  await authorizeRead(context, "history.tags");
  const tags = await context.db.select().from(versionTag);
  return tags.toSorted((a, b) => b.version - a.version || (a.name < b.name ? -1 : 1));
}
