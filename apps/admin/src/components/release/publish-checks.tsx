"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { SLOW, useTRPC } from "../../client/trpc.tsx";
import { useRefusalWords } from "../../client/use-refusal-words.ts";
import { LinkButton } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";
import { ProblemList } from "./problem-list.tsx";

/** What must hold before the draft may go live, beside its own rules. */
export function usePublishChecks(enabled: boolean) {
  const trpc = useTRPC();
  const dryRun = useQuery({ ...trpc.review.dryRun.queryOptions(undefined, SLOW), enabled });
  const tests = useQuery({ ...trpc.routeTest.run.queryOptions({ source: "draft" }, SLOW), enabled });
  const failed = tests.data?.results.filter(({ passed }) => !passed) ?? [];
  return {
    dryRun,
    tests,
    failed,
    /** Something fails that only an admin may go past. */
    blocked: failed.length > 0 || (dryRun.data?.blocks ?? false),
  };
}

/** The checks with their results: each passes, blocks, or says why it could not be made. */
export function PublishChecks({ checks }: { readonly checks: ReturnType<typeof usePublishChecks> }) {
  const t = useTranslations("release.checks");
  const refusalWords = useRefusalWords();
  const { dryRun, tests, failed } = checks;
  const run = dryRun.data;
  const count = tests.data?.results.length ?? 0;
  return (
    <section aria-label={t("title")} className="flex flex-col gap-2">
      <h2 className="text-base font-semibold">{t("title")}</h2>
      <ul className="overflow-hidden rounded-lg border border-line" aria-live="polite">
        <Check
          state={
            run === undefined ? "running" : run.state === "accepted" ? "ok" : run.blocks ? "bad" : "warn"
          }
          title={t("dryRun")}
          text={
            dryRun.error
              ? refusalWords(dryRun.error)
              : run === undefined
                ? t("running")
                : run.state === "unavailable"
                  ? t("unavailable", { reason: run.reason ?? "" })
                  : t(run.state === "accepted" ? "accepted" : run.blocks ? "refused" : "refusedElsewhere", {
                      count: run.state === "accepted" ? run.judged : run.problems.length,
                    })
          }
        >
          {run && run.problems.length > 0 && <ProblemList problems={run.problems} />}
        </Check>
        <Check
          state={tests.data === undefined ? "running" : failed.length > 0 ? "bad" : "ok"}
          title={t("tests")}
          text={
            tests.error
              ? refusalWords(tests.error)
              : tests.data === undefined
                ? t("running")
                : count === 0
                  ? t("noTests")
                  : failed.length === 0
                    ? t("testsPass", { count })
                    : t("testsFail", { count: failed.length })
          }
          action={
            <LinkButton size="sm" tone="quiet" href="/explain">
              {t("toTests")}
            </LinkButton>
          }
        >
          {failed.length > 0 && (
            <ul className="flex flex-col gap-1">
              {failed.map(({ name, failures }) => (
                <li key={name} className="text-sm">
                  <Link href="/explain" className="font-medium hover:underline">
                    {name}
                  </Link>
                  <span className="block text-xs text-bad">{failures.join("; ")}</span>
                </li>
              ))}
            </ul>
          )}
        </Check>
      </ul>
    </section>
  );
}

const LOOKS = {
  running: { icon: "pending", ink: "text-faint" },
  ok: { icon: "ok", ink: "text-ok" },
  warn: { icon: "warning", ink: "text-warn" },
  bad: { icon: "error", ink: "text-bad" },
} as const;

function Check({
  state,
  title,
  text,
  action,
  children,
}: {
  readonly state: keyof typeof LOOKS;
  readonly title: string;
  readonly text: string;
  readonly action?: ReactNode;
  readonly children?: ReactNode;
}) {
  const { icon, ink } = LOOKS[state];
  return (
    <li className="flex flex-col gap-2 border-b border-line px-3 py-2 last:border-b-0">
      <div className="flex items-start gap-2 text-sm">
        <Icon name={icon} className={`mt-0.5 ${ink}`} />
        <div className="min-w-0 flex-1">
          <span className="font-medium">{title}</span>
          <span className="block break-words text-muted">{text}</span>
        </div>
        {action}
      </div>
      {children}
    </li>
  );
}
