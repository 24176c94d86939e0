"use client";

import {
  mayAnywhere,
  mayWithin,
  type Permission,
  type ResourceKind,
  type Scope,
} from "@sluice/config/browser";
import { createContext, type ReactNode, useContext } from "react";
import type { SignedIn } from "../server/auth/session.ts";

const SessionContext = createContext<SignedIn | undefined>(undefined);

export function SessionProvider({
  session,
  children,
}: {
  readonly session: SignedIn;
  readonly children: ReactNode;
}) {
  return <SessionContext value={session}>{children}</SessionContext>;
}

/** Who is signed in. Hiding what a role may not do is a courtesy; the verbs refuse it. */
export function useSession(): SignedIn {
  const session = useContext(SessionContext);
  if (!session) throw new Error("useSession is used outside the dashboard's layout");
  return session;
}

/** Whether who is signed in has a permission: at all, or for this scope. */
export function useMay(): (permission: Permission, scope?: Scope) => boolean {
  const session = useSession();
  return (permission, scope) =>
    scope === undefined ? mayAnywhere(session, permission) : mayWithin(session, permission, scope);
}

/** What changing a resource of this kind needs. */
export function editNeed(kind: ResourceKind): readonly [Permission, Scope] {
  return [kind === "secrets" ? "secret.manage" : "config.edit", { kind }];
}
