"use client";

import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "use-intl";
import { useMay } from "../../client/session.tsx";
import { useTRPC } from "../../client/trpc.tsx";
import { useUrlState } from "../chart/use-url-state.ts";
import { KeepAsTest } from "../route-test/keep-as-test.tsx";
import { RouteTestList } from "../route-test/route-test-list.tsx";
import { EmptyState } from "../ui/empty-state.tsx";
import { PageHeader } from "../ui/page-header.tsx";
import { RefusalNotice } from "../ui/refusal-notice.tsx";
import { SkeletonRows } from "../ui/skeleton.tsx";
import { ExplainRequestForm } from "./explain-form.tsx";
import { EMPTY_FORM, EXPLAIN_FIELDS, type ExplainForm, explainQuery } from "./explain-query.ts";
import { ExplainWay } from "./explain-way.tsx";

/** What would this request do? The question stands in the address, so that an answer can be sent to somebody. */
export function ExplainPage() {
  const t = useTranslations("explain");
  const trpc = useTRPC();
  const may = useMay();
  const [read, write] = useUrlState();
  const form: ExplainForm = Object.fromEntries(
    EXPLAIN_FIELDS.map((field) => [field, read(field) ?? EMPTY_FORM[field]]),
  ) as ExplainForm;
  const query = explainQuery(form);
  const asked = typeof query === "string" ? undefined : query;
  const found = useQuery(
    trpc.explain.request.queryOptions(asked ?? { source: "draft", method: "GET", url: "", headers: [] }, {
      enabled: asked !== undefined,
      retry: false,
    }),
  );
  function submit(next: ExplainForm): void {
    const same = EXPLAIN_FIELDS.every((field) => next[field] === form[field]);
    if (same) void found.refetch();
    else write(Object.fromEntries(EXPLAIN_FIELDS.map((field) => [field, next[field]])));
  }
  return (
    <>
      <PageHeader title={t("title")} description={t("description")} />
      <div className="grid gap-8 px-6 pb-8 max-sm:px-4 lg:grid-cols-[minmax(0,5fr)_minmax(0,7fr)]">
        <ExplainRequestForm initial={form} busy={found.isFetching} onSubmit={submit} />
        <div aria-live="polite">
          {asked === undefined ? (
            <EmptyState icon="explain" title={t("emptyTitle")}>
              {t("emptyHint")}
            </EmptyState>
          ) : found.error ? (
            <RefusalNotice error={found.error} title={t("failed")} />
          ) : found.data === undefined ? (
            <SkeletonRows bare />
          ) : (
            <div className="flex flex-col gap-4">
              <ExplainWay key={found.dataUpdatedAt} found={found.data} />
              {may("config.edit") && <KeepAsTest asked={asked} found={found.data} />}
            </div>
          )}
        </div>
      </div>
      <div className="border-t border-line pt-5 pb-8">
        <RouteTestList source={asked?.source ?? "draft"} />
      </div>
    </>
  );
}
