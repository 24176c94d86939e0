"use client";

import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { useTranslations } from "use-intl";
import { useSession } from "../../client/session.tsx";
import { signOut } from "../../client/sign-out.ts";
import { useTRPC } from "../../client/trpc.tsx";
import { Wordmark } from "../shell/wordmark.tsx";
import { Button } from "../ui/button.tsx";
import { SecondFactorSections } from "./second-factor-sections.tsx";

/** In place of every page while a second factor is overdue; with one, the page that was asked for opens. */
export function SecondFactorGate() {
  const t = useTranslations("profile");
  const trpc = useTRPC();
  const { email } = useSession();
  const me = useQuery(trpc.session.me.queryOptions());
  const done = me.data !== undefined && me.data.secondFactor === undefined;
  useEffect(() => {
    if (done) window.location.reload();
  }, [done]);
  return (
    <main className="mx-auto w-full max-w-4xl p-6 max-sm:p-4">
      <div className="flex items-center justify-between gap-4">
        <Wordmark />
        <Button size="sm" onClick={() => void signOut()}>
          {t("gate.signOut")}
        </Button>
      </div>
      <h1 className="mt-6 text-xl font-semibold tracking-tight">{t("gate.title")}</h1>
      <p className="mt-1 text-sm text-muted">{t("gate.hint", { email })}</p>
      <SecondFactorSections />
    </main>
  );
}
