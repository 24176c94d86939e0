import { headers } from "next/headers";
import { redirect } from "next/navigation";
import type { ReactNode } from "react";
import { SessionProvider } from "../../client/session.tsx";
import { DataProvider } from "../../client/trpc.tsx";
import { Shell } from "../../components/shell/shell.tsx";
import type { SignedIn } from "../../server/auth/session.ts";
import { SESSION_HEADER } from "../../server/http/session-header.ts";

export default async function DashboardLayout({ children }: { children: ReactNode }) {
  const session = (await headers()).get(SESSION_HEADER);
  if (!session) redirect("/sign-in");
  return (
    <SessionProvider session={JSON.parse(decodeURIComponent(session)) as SignedIn}>
      <DataProvider>
        <Shell>{children}</Shell>
      </DataProvider>
    </SessionProvider>
  );
}
