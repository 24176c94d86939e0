import type { SignedIn } from "../auth/session.ts";

/** Carries who is signed in from the server to the pages that it renders; deleted from what comes in. JSON, URI-encoded. */
export const SESSION_HEADER = "x-sluice-session";

export function writeSessionHeader(session: SignedIn): string {
  return encodeURIComponent(JSON.stringify(session));
}

/** What `writeSessionHeader` wrote, and nothing else. */
export function readSessionHeader(text: string): SignedIn {
  const { secondFactor, ...session } = JSON.parse(decodeURIComponent(text)) as SignedIn;
  return {
    ...session,
    secondFactor: secondFactor && { ...secondFactor, dueAt: new Date(secondFactor.dueAt) },
  };
}
