import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  BUILT_IN_ROLES,
  configMigrations,
  type Grant,
  grantsOfRole,
  isPermission,
  loadKeyRing,
  PERMISSION_NAMES,
  type Permission,
} from "@sluice/config";
import { migrateAll, type OpenDatabase, openDatabase } from "@sluice/database";
import { startPostgres, type TestPostgres } from "@sluice/harness";
import { telemetryMigrations } from "@sluice/telemetry";
import { TRPCError } from "@trpc/server";
import { pino } from "pino";
import { z } from "zod";
import { createAuth } from "../auth/auth.ts";
import { authMigrations } from "../auth/index.ts";
import { createSignInLimiter } from "../auth/sign-in-limiter.ts";
import { readEnvironment } from "../environment.ts";
import { createNotificationHub } from "../live/notification-hub.ts";
import type { Services } from "../services.ts";
import { appRouter } from "./app-router.ts";
import { configErrorOf } from "./config-error.ts";

/** What each family of procedures needs; the longest name counts. A procedure that no line covers fails the test. */
const NEEDS: Readonly<Record<string, Permission | "signed in" | "anybody">> = {
  "alert.list": "telemetry.read",
  "alert.put": "alert.manage",
  "alert.remove": "alert.manage",
  "alert.rules": "telemetry.read",
  "alert.silence": "alert.manage",
  "alert.silences": "telemetry.read",
  "alert.try": "telemetry.read",
  "alert.unsilence": "alert.manage",
  "approval.approve": "config.publish",
  "approval.breakGlass": "approval.bypass",
  "approval.get": "config.read",
  "approval.list": "config.read",
  "approval.refuse": "config.publish",
  "approval.withdraw": "config.read",
  "audit.list": "audit.read",
  "audit.retention": "audit.read",
  "audit.setRetention": "settings.manage",
  "audit.verify": "audit.read",
  "acme.list": "config.read",
  "acme.put": "settings.manage",
  "acme.remove": "settings.manage",
  "acme.dnsProviders": "config.read",
  "acme.putDnsProvider": "settings.manage",
  "acme.removeDnsProvider": "settings.manage",
  "certificate.automatic": "config.read",
  "certificate.expiring": "config.read",
  "certificate.get": "config.read",
  "certificate.list": "config.read",
  "certificate.remove": "secret.manage",
  "certificate.renew": "secret.manage",
  "certificate.request": "secret.manage",
  "draft.check": "config.read",
  "draft.checkText": "config.read",
  "draft.diff": "config.read",
  "draft.firstRoute": "config.edit",
  "draft.get": "config.read",
  "draft.list": "config.read",
  "draft.merge": "config.read",
  "draft.names": "config.read",
  "draft.patch": "config.edit",
  "draft.put": "config.edit",
  "draft.references": "config.read",
  "draft.remove": "config.edit",
  "draft.reset": "config.edit",
  "draft.resetAll": "config.edit",
  "draft.status": "config.read",
  "draft.usedBy": "config.read",
  "explain.request": "config.read",
  "figures.watch": "telemetry.read",
  "group.change": "group.manage",
  "group.create": "group.manage",
  "group.freeze": "config.publish",
  "group.list": "config.read",
  "group.protect": "group.manage",
  "group.remove": "group.manage",
  "group.reorder": "group.manage",
  "group.setProbe": "group.manage",
  "group.unfreeze": "config.publish",
  "group.unprotect": "group.manage",
  "history.blame": "config.read",
  "history.diff": "config.read",
  "history.revert": "config.edit",
  "history.search": "config.read",
  "history.tag": "config.publish",
  "history.tags": "config.read",
  "history.untag": "config.publish",
  "invitation.accept": "anybody",
  "invitation.create": "people.manage",
  "invitation.list": "people.manage",
  "invitation.resetLink": "people.manage",
  "invitation.revoke": "people.manage",
  "invitation.show": "anybody",
  "join.authority": "config.read",
  "join.certificates": "config.read",
  "join.createToken": "node.enroll",
  "join.revokeNode": "node.enroll",
  "join.revokeToken": "node.enroll",
  "join.rotateAuthority": "node.enroll",
  "join.tokens": "config.read",
  "keys.retire": "settings.manage",
  "keys.rotate": "settings.manage",
  "keys.status": "settings.manage",
  "live.changes": "config.read",
  "node.compare": "config.read",
  "node.comparison": "config.read",
  "node.drain": "node.operate",
  "node.dump": "config.read",
  "node.dumpContent": "config.read",
  "node.dumpEntry": "config.read",
  "node.dumpOutline": "config.read",
  "node.get": "config.read",
  "node.list": "config.read",
  "node.order": "config.read",
  "node.orders": "config.read",
  "node.remove": "node.operate",
  "node.resume": "node.operate",
  "node.setLabels": "node.operate",
  "node.setLogLevel": "node.operate",
  "notification.change": "notification.manage",
  "notification.channels": "config.read",
  "notification.create": "notification.manage",
  "notification.deliveries": "config.read",
  "notification.remove": "notification.manage",
  "notification.resend": "notification.manage",
  "notification.test": "notification.manage",
  "people.create": "people.manage",
  "people.disable": "people.manage",
  "people.enable": "people.manage",
  "people.list": "people.manage",
  "people.remove": "people.manage",
  "people.removeTwoFactor": "people.manage",
  "people.resetPassword": "people.manage",
  "people.setRole": "people.manage",
  "review.dryRun": "config.read",
  "review.impact": "config.read",
  "role.change": "people.manage",
  "role.create": "people.manage",
  "role.list": "people.manage",
  "role.remove": "people.manage",
  "rollout.abort": "config.publish",
  "rollout.history": "config.read",
  "rollout.pause": "config.publish",
  "rollout.promote": "config.publish",
  "rollout.resume": "config.publish",
  "rollout.traffic": "config.read",
  "routeTest.list": "config.read",
  "routeTest.ofVersion": "config.read",
  "routeTest.put": "config.edit",
  "routeTest.remove": "config.edit",
  "routeTest.run": "config.read",
  "schema.complete": "signed in",
  "schema.describe": "signed in",
  "schema.explain": "signed in",
  "schema.httpFilters": "signed in",
  "session.list": "signed in",
  "session.me": "signed in",
  "session.passkeys": "signed in",
  "session.removePasskey": "signed in",
  "session.renamePasskey": "signed in",
  "session.revoke": "signed in",
  "session.revokeOthers": "signed in",
  "session.twoFactor": "signed in",
  "settings.about": "config.read",
  "settings.change": "settings.manage",
  "settings.finishSetup": "settings.manage",
  "settings.get": "config.read",
  "settings.licences": "config.read",
  "settings.setupOpen": "config.read",
  "signOn.choices": "anybody",
  "signOn.list": "settings.manage",
  "signOn.put": "settings.manage",
  "signOn.remove": "settings.manage",
  "signOn.setPassword": "settings.manage",
  "signOn.setSecondFactor": "settings.manage",
  "signOn.test": "settings.manage",
  "source.add": "settings.manage",
  "source.change": "settings.manage",
  "source.list": "config.read",
  "source.plan": "config.read",
  "source.remove": "settings.manage",
  "source.sync": "config.edit",
  "telemetry.overview": "telemetry.read",
  "telemetry.request": "telemetry.read",
  "telemetry.requestTail": "telemetry.read",
  "telemetry.rollouts": "telemetry.read",
  "telemetry.scopes": "telemetry.read",
  "telemetry.searchRequests": "telemetry.read",
  "telemetry.searchTraces": "telemetry.read",
  "telemetry.topology": "telemetry.read",
  "telemetry.trace": "telemetry.read",
  "telemetry.traceTail": "telemetry.read",
  "telemetry.trafficLive": "telemetry.read",
  "telemetry.trafficRange": "telemetry.read",
  "token.create": "signed in",
  "token.list": "signed in",
  "token.revoke": "signed in",
  "transfer.applyImport": "config.edit",
  "transfer.exportDraft": "config.read",
  "transfer.exportFiles": "config.read",
  "transfer.exportVersion": "config.read",
  "transfer.import": "config.edit",
  "transfer.previewImport": "config.read",
  "version.diff": "config.read",
  "version.get": "config.read",
  "version.list": "config.read",
  "version.live": "config.read",
  "version.publish": "config.publish",
  "version.resources": "config.read",
  "version.rollback": "config.publish",
  "version.rolloutStatus": "config.read",
  "version.rollouts": "config.read",
  "version.watchRollout": "config.read",
};

let postgres: TestPostgres;
let database: OpenDatabase;
let services: Services;
before(async () => {
  postgres = await startPostgres();
  const url = await postgres.createDatabase();
  await migrateAll(url, [configMigrations, authMigrations, telemetryMigrations]);
  database = openDatabase(url);
  const log = pino({ level: "silent" });
  const now = () => new Date();
  const { db, sql } = database;
  const limiter = createSignInLimiter(db, now);
  const secretKey = Buffer.alloc(32, 1).toString("base64");
  const ring = loadKeyRing({ secretKey, secretKeyFile: undefined, dataDir: "", warn: () => {} });
  const environment = readEnvironment({ DATABASE_URL: url });
  const auth = createAuth({
    db,
    secret: "x".repeat(32),
    publicUrl: undefined,
    https: false,
    limiter,
    ring,
    outbound: environment.outbound,
    log,
    now,
  });
  services = {
    db,
    sql,
    auth,
    log,
    now,
    ring,
    hub: createNotificationHub(sql),
    dataPlane: undefined,
    authSecret: "",
    environment,
  };
});
after(async () => {
  await services?.hub.close();
  await database?.close();
  await postgres?.close();
});

test("what each procedure needs is written down", () => {
  assert.deepEqual(Object.keys(NEEDS).toSorted(), Object.keys(appRouter._def.procedures).toSorted());
});

test("nobody who is not signed in gets anything, except with the link of an invitation, and with what to sign in", async () => {
  for (const [name, need] of Object.entries(NEEDS)) {
    const came = await outcome(name, undefined);
    const open = name === "signOn.choices" ? "done" : "NOT_FOUND";
    assert.equal(came, need === "anybody" ? open : "UNAUTHORIZED", name);
  }
});

for (const role of BUILT_IN_ROLES)
  test(`a ${role} is let in, by API and live socket alike, where the role has the permission`, async () => {
    await expectOutcomes(grantsOfRole(role), `a ${role}`);
  });

test("one permission opens what needs it and nothing else", async () => {
  await expectOutcomes([], "nobody");
  for (const permission of PERMISSION_NAMES) await expectOutcomes([{ permission }], permission);
});

async function expectOutcomes(grants: readonly Grant[], who: string): Promise<void> {
  const has = new Set<string>(grants.map(({ permission }) => permission));
  for (const [name, need] of Object.entries(NEEDS)) {
    const allowed = need === "signed in" || need === "anybody" || has.has(need);
    const came = await outcome(name, grants);
    if (allowed) assert.notEqual(came, "FORBIDDEN", `${name} for ${who}`);
    else assert.equal(came, "FORBIDDEN", `${name} for ${who}`);
  }
}

/** A call with the least input that the procedure's schema takes. A stream is only opened, and closed at once. */
async function outcome(name: string, grants: readonly Grant[] | undefined): Promise<string> {
  const session = grants && {
    id: "p",
    name: "p",
    email: "p@example.org",
    role: "custom",
    grants,
    sessionId: "s",
    secondFactor: undefined,
    token: undefined,
  };
  const caller = appRouter.createCaller({ services, session }, { signal: AbortSignal.abort() });
  const call = name.split(".").reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], caller);
  try {
    const answer = await (call as (input: unknown) => Promise<unknown>)(inputFor(name));
    if (isStream(answer)) await answer.return(undefined);
    return "done";
  } catch (error) {
    if (!(error instanceof TRPCError)) throw error;
    const refusal = configErrorOf(error.cause);
    if (refusal?.code !== "forbidden") return error.code;
    // Somebody with the permission may still be the wrong person: nobody approves their own request.
    const { needs } = { needs: undefined, ...(refusal.details as { needs?: unknown } | undefined) };
    return needs === undefined || isPermission(needs) ? "FORBIDDEN" : "the wrong person";
  }
}

function isStream(value: unknown): value is AsyncGenerator<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value && "return" in value;
}

function inputFor(name: string): unknown {
  const procedure = Object.entries(appRouter._def.procedures).find(([key]) => key === name)?.[1];
  const { inputs } = (procedure as unknown as { readonly _def: { readonly inputs: readonly unknown[] } })
    ._def;
  const [input] = inputs;
  if (!(input instanceof z.ZodType)) return undefined;
  return sampleOf(z.toJSONSchema(input, { io: "input", unrepresentable: "any" }) as Schema);
}

interface Schema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly minItems?: number;
  readonly minLength?: number;
  readonly format?: string;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
}

function sampleOf(schema: Schema): unknown {
  if ("const" in schema) return schema.const;
  if (schema.enum !== undefined) return schema.enum[0];
  const [first] = schema.anyOf ?? schema.oneOf ?? [];
  if (first !== undefined) return sampleOf(first);
  switch (schema.type) {
    case "object":
      return Object.fromEntries(
        (schema.required ?? []).map((key) => [key, sampleOf(schema.properties?.[key] ?? {})]),
      );
    case "array":
      return Array.from({ length: schema.minItems ?? 0 }, () => sampleOf(schema.items ?? {}));
    case "string":
      if (schema.format === "uuid") return "00000000-0000-4000-8000-000000000000";
      return schema.format === "email" ? "a@example.org" : "x".repeat(Math.max(1, schema.minLength ?? 0));
    case "integer":
    case "number":
      return Math.max(1, schema.minimum ?? 0, (schema.exclusiveMinimum ?? 0) + 1);
    case "boolean":
      return false;
    default:
      return null;
  }
}
