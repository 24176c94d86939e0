import type { Context } from "@sluice/config";
import { type OpenDatabase, openDatabase } from "@sluice/database";
import { startTestAdmin, TEST_ADMIN } from "./start-test-admin.ts";

export const ADMIN = TEST_ADMIN;

/** A dashboard without pages over a database of its own, with one admin, for one test file. */
export interface TestDashboard {
  readonly base: string;
  readonly database: OpenDatabase;
  /** As the appliance's admin, for verbs that are called without HTTP. */
  readonly root: Context;
  /** One call of the HTTP API. */
  call<T = unknown>(operation: string, input: unknown, token: string | undefined): Promise<Called<T>>;
  signIn(who: { readonly email: string; readonly password: string }): Promise<Response>;
  /** The session's bearer token. */
  tokenOf(who: { readonly email: string; readonly password: string }): Promise<string>;
  close(): Promise<void>;
}

export interface Called<T> {
  readonly status: number;
  readonly body: T;
  readonly error: { readonly code: string; readonly message: string } | undefined;
}

export async function startDashboard(
  environment: Readonly<Record<string, string>> = {},
): Promise<TestDashboard> {
  const admin = await startTestAdmin();
  const base = await admin.start(environment);
  const database = openDatabase(admin.databaseUrl, { applicationName: "test" });
  const signIn: TestDashboard["signIn"] = async (who) =>
    await fetch(`${base}/api/auth/sign-in/email`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(who),
    });
  return {
    base,
    database,
    root: {
      db: database.db,
      sql: database.sql,
      actor: { id: "root", name: "Root", role: "admin" },
      now: () => new Date(),
    },
    async call<T>(operation: string, input: unknown, token: string | undefined): Promise<Called<T>> {
      const answer = await fetch(`${base}/api/v1/${operation.replace(".", "/")}`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        ...(input === undefined ? {} : { body: JSON.stringify(input) }),
      });
      const body = (await answer.json()) as T & { readonly error?: Called<T>["error"] };
      return { status: answer.status, body, error: body?.error };
    },
    signIn,
    async tokenOf(who) {
      const token = (await signIn(who)).headers.get("set-auth-token");
      if (token === null) throw new Error(`${who.email} could not sign in`);
      return token;
    },
    async close() {
      await database.close();
      await admin.close();
    },
  };
}
