"use client";

import type { SourcePlan } from "@sluice/config";
import { useTranslations } from "use-intl";
import { DiffList } from "../release/diff-list.tsx";
import { ProblemList } from "../release/problem-list.tsx";
import { Badge } from "../ui/badge.tsx";

/** What a commit would change in the draft, and field by field where what is live differs from it. */
export function SourcePlanView({ plan }: { readonly plan: SourcePlan }) {
  const t = useTranslations("source");
  const { changes, routeTests, drift, ignored, problems } = plan;
  return (
    <>
      <p className="text-sm">
        <code className="font-mono text-xs">{plan.commit.slice(0, 10)}</code> {plan.commitSubject}
      </p>
      {problems.length > 0 && <ProblemList problems={problems} />}
      <section aria-label={t("plan")} className="flex flex-col gap-3">
        <h2 className="flex items-center gap-2 text-base font-semibold">
          {t("plan")}
          <Badge>{changes.length + routeTests.length}</Badge>
        </h2>
        {changes.length + routeTests.length === 0 && (
          <p className="text-sm text-muted">{t("planNothing", { count: plan.unchanged })}</p>
        )}
        {routeTests.length > 0 && (
          <p className="text-sm">{t("routeTests", { names: routeTests.join(", ") })}</p>
        )}
        <DiffList diffs={changes} beforeLabel={t("draft")} afterLabel={t("source")} />
      </section>
      <section aria-label={t("drift")} className="flex flex-col gap-3">
        <h2 className="flex items-center gap-2 text-base font-semibold">
          {t("drift")}
          <Badge tone={drift.length === 0 ? "ok" : "warn"}>{drift.length}</Badge>
        </h2>
        {drift.length === 0 && <p className="text-sm text-muted">{t("noDrift")}</p>}
        <DiffList diffs={drift} beforeLabel={t("live")} afterLabel={t("source")} />
      </section>
      {ignored.length > 0 && (
        <section aria-label={t("ignored")} className="flex flex-col gap-2">
          <h2 className="text-base font-semibold">{t("ignored")}</h2>
          <ul className="text-sm">
            {ignored.map(({ path, reason }) => (
              <li key={`${path} ${reason}`}>
                <code className="font-mono text-xs">{path}</code> {reason}
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}
