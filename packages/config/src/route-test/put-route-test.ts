import { editing } from "../access/authorize.ts";
import { change } from "../access/change.ts";
import { notify } from "../access/notify.ts";
import { appendAudit } from "../audit/append-audit.ts";
import { CHANNELS, ConfigError, type Context } from "../contract.ts";
import { lockDraft } from "../draft/lock-draft.ts";
import { draftRouteTest } from "../schema/index.ts";
import { checkRouteTest } from "./check-route-test.ts";
import { readDraftTests } from "./read-tests.ts";
import type { RouteTest, StoredRouteTest } from "./route-test.ts";

/** A draft has at most so many: each is run before every publish. */
const ROUTE_TESTS_MAX = 2_000;

/** Adds a route test to the draft, or replaces the one of that name. Whether it holds now does not matter. Editor. `invalid`. */
export async function putRouteTest(context: Context, test: RouteTest): Promise<StoredRouteTest> {
  const name = test.name.trim();
  const subject = `route-test/${name}`;
  const content = { ...test, name };
  return await change(context, { ...editing("routes"), action: "route_test.put", subject }, async (tx) => {
    checkRouteTest(content);
    await lockDraft(tx, "share");
    const tests = await readDraftTests(tx);
    if (tests.length >= ROUTE_TESTS_MAX && !tests.some((other) => other.name === name))
      throw new ConfigError(
        "invalid",
        `the draft has ${tests.length} route tests; that is as many as there may be`,
      );
    const values = { test: content, updatedAt: context.now(), updatedBy: context.actor.name };
    await tx
      .insert(draftRouteTest)
      .values({ name, ...values })
      .onConflictDoUpdate({ target: draftRouteTest.name, set: values });
    await appendAudit(tx, context, { action: "route_test.put", subject, details: { test: content } });
    await notify(tx, CHANNELS.draft, { routeTest: name });
    return { ...content, updatedAt: values.updatedAt, updatedBy: values.updatedBy };
  });
}
