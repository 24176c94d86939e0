import { acmeRouter } from "./acme/acme-router.ts";
import { alertRouter } from "./alert/alert-router.ts";
import { approvalRouter } from "./approval/approval-router.ts";
import { auditRouter } from "./audit/audit-router.ts";
import { certificateRouter } from "./certificate/certificate-router.ts";
import { draftRouter } from "./draft/draft-router.ts";
import { explainRouter } from "./explain/explain-router.ts";
import { figuresRouter } from "./figures/figures-router.ts";
import { groupRouter } from "./group/group-router.ts";
import { historyRouter } from "./history/history-router.ts";
import { invitationRouter } from "./invitation/invitation-router.ts";
import { joinRouter } from "./join/join-router.ts";
import { keysRouter } from "./keys/keys-router.ts";
import { liveRouter } from "./live/live-router.ts";
import { nodeRouter } from "./node/node-router.ts";
import { notificationRouter } from "./notification/notification-router.ts";
import { peopleRouter } from "./people/people-router.ts";
import { reviewRouter } from "./review/review-router.ts";
import { roleRouter } from "./role/role-router.ts";
import { rolloutRouter } from "./rollout/rollout-router.ts";
import { routeTestRouter } from "./route-test/route-test-router.ts";
import { schemaRouter } from "./schema/schema-router.ts";
import { sessionRouter } from "./session/session-router.ts";
import { settingsRouter } from "./settings/settings-router.ts";
import { signOnRouter } from "./sign-on/sign-on-router.ts";
import { sourceRouter } from "./source/source-router.ts";
import { telemetryRouter } from "./telemetry/telemetry-router.ts";
import { tokenRouter } from "./token/token-router.ts";
import { transferRouter } from "./transfer/transfer-router.ts";
import { router } from "./trpc.ts";
import { versionRouter } from "./version/version-router.ts";

/** Everything that a browser or the CLI may ask. Thin: each procedure parses, calls one verb and returns its answer. */
export const appRouter = router({
  alert: alertRouter,
  acme: acmeRouter,
  approval: approvalRouter,
  audit: auditRouter,
  certificate: certificateRouter,
  draft: draftRouter,
  explain: explainRouter,
  figures: figuresRouter,
  group: groupRouter,
  history: historyRouter,
  invitation: invitationRouter,
  join: joinRouter,
  keys: keysRouter,
  live: liveRouter,
  node: nodeRouter,
  notification: notificationRouter,
  people: peopleRouter,
  review: reviewRouter,
  role: roleRouter,
  rollout: rolloutRouter,
  routeTest: routeTestRouter,
  schema: schemaRouter,
  session: sessionRouter,
  settings: settingsRouter,
  signOn: signOnRouter,
  source: sourceRouter,
  telemetry: telemetryRouter,
  token: tokenRouter,
  transfer: transferRouter,
  version: versionRouter,
});

export type AppRouter = typeof appRouter;
