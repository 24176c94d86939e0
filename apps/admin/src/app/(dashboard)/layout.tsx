import { headers } from "next/headers";
import { redirect } from "next/navigation";
import type { ReactNode } from "react";
import { SessionProvider } from "../../client/session.tsx";
import { DataProvider } from "../../client/trpc.tsx";
import { SecondFactorGate } from "../../components/profile/second-factor-gate.tsx";
import { Shell } from "../../components/shell/shell.tsx";
import { readSessionHeader, SESSION_HEADER } from "../../server/http/session-header.ts";

export default async function DashboardLayout({ children }: { children: ReactNode }) {
  const session = (await headers()).get(SESSION_HEADER);
  if (!session) redirect("/sign-in");
  const signedIn = readSessionHeader(session);
  return (
    <SessionProvider session={signedIn}>
      <DataProvider>
        {signedIn.secondFactor?.overdue ? <SecondFactorGate /> : <Shell>{children}</Shell>}
      </DataProvider>
    </SessionProvider>
  );
}
