import { eq } from "drizzle-orm";
import { editing } from "../access/authorize.ts";
import { change } from "../access/change.ts";
import { notify } from "../access/notify.ts";
import { appendAudit } from "../audit/append-audit.ts";
import { CHANNELS, ConfigError, type Context } from "../contract.ts";
import { lockDraft } from "../draft/lock-draft.ts";
import { draftRouteTest } from "../schema/index.ts";

/** Takes a route test out of the draft; versions that have it keep it. Editor. `not_found`. */
export async function removeRouteTest(context: Context, name: string): Promise<void> {
  const attempt = {
    ...editing("routes"),
    action: "route_test.remove",
    subject: `route-test/${name}`,
  } as const;
  await change(context, attempt, async (tx) => {
    await lockDraft(tx, "share");
    const gone = await tx.delete(draftRouteTest).where(eq(draftRouteTest.name, name)).returning();
    if (gone[0] === undefined) throw new ConfigError("not_found", `the draft has no route test '${name}'`);
    await appendAudit(tx, context, { ...attempt, details: { test: gone[0].test } });
    await notify(tx, CHANNELS.draft, { routeTest: name });
  });
}
