"use client";

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
