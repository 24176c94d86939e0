"use client";

import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type ChangeEvent, useState } from "react";
import { useFormatter, useTranslations } from "use-intl";
import { useMay } from "../../client/session.tsx";
import { SLOW, useTRPC } from "../../client/trpc.tsx";
import { EMPTY_STRATEGY, readStrategy } from "../rollout/read-strategy.ts";
import { StrategyFields } from "../rollout/strategy-fields.tsx";
import { Badge } from "../ui/badge.tsx";
import { Button, LinkButton } from "../ui/button.tsx";
import { EmptyState } from "../ui/empty-state.tsx";
import { Field } from "../ui/field.tsx";
import { Textarea } from "../ui/input.tsx";
import { Notice } from "../ui/notice.tsx";
import { PageHeader } from "../ui/page-header.tsx";
import { QueryProblem } from "../ui/query-problem.tsx";
import { RefusalNotice } from "../ui/refusal-notice.tsx";
import { SkeletonRows } from "../ui/skeleton.tsx";
import { WorkingNotice } from "../ui/working-notice.tsx";
import { CHANGE_TONES, DiffList } from "./diff-list.tsx";
import { ImpactPanel } from "./impact-panel.tsx";
import { ProblemList } from "./problem-list.tsx";
import { PublishChecks, usePublishChecks } from "./publish-checks.tsx";
import { RolloutProgress } from "./rollout-progress.tsx";

const REASON_LENGTH_MIN = 3;
/** At first: the checks and what is touched stand below them. */
const CARDS_SHOWN = 25;

/** The draft against what is live; then, once published, what the nodes make of it. */
export function PublishPage() {
  const t = useTranslations("release");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const may = useMay();
  const [message, setMessage] = useState("");
  const [form, setForm] = useState(EMPTY_STRATEGY);
  const { strategy, problems: misfits } = readStrategy(form);
  const isMisfit = Object.keys(misfits).length > 0;
  const [reason, setReason] = useState("");
  const [limit, setLimit] = useState(CARDS_SHOWN);
  const diff = useQuery({
    ...trpc.draft.diff.queryOptions({ limit }, SLOW),
    placeholderData: keepPreviousData,
  });
  const groups = useQuery(trpc.group.list.queryOptions());
  const protection = groups.data?.find(({ name }) => name === form.group)?.protected;
  const live = useQuery(trpc.version.live.queryOptions());
  const publish = useMutation({
    ...trpc.version.publish.mutationOptions(),
    onSuccess: async () => {
      setMessage("");
      setReason("");
      await Promise.all([
        queries.invalidateQueries(trpc.draft.pathFilter()),
        queries.invalidateQueries(trpc.version.pathFilter()),
      ]);
    },
  });
  const resources = diff.data?.resources ?? [];
  const problems = diff.data?.problems ?? [];
  const { added = 0, modified = 0, removed = 0, errors = 0, warnings = 0 } = diff.data?.counts ?? {};
  const changed = added + modified + removed;
  const testsChanged = diff.data?.routeTestsChanged ?? false;
  const differs = changed > 0 || testsChanged;
  const checks = usePublishChecks(differs && errors === 0);
  const overridden = checks.blocked && may("config.override") && reason.trim().length >= REASON_LENGTH_MIN;
  const ready = errors === 0 && differs && (!checks.blocked || overridden);
  const done = publish.data;
  const liveName = live.data ? t("versionNumber", { number: live.data.number }) : t("nothingLive");

  function submit(): void {
    if (!diff.data || !ready || publish.isPending || isMisfit) return;
    publish.mutate({
      message: message.trim(),
      expectedDraftHash: diff.data.hash,
      group: form.group,
      strategy,
      ...(overridden ? { override: { reason: reason.trim() } } : {}),
    });
  }

  return (
    <>
      <PageHeader
        title={t("publishTitle")}
        description={diff.data && t("summary", { count: changed, live: liveName })}
      />
      <div className="flex flex-col gap-6 px-6 pb-8 max-sm:px-4">
        {done?.request && (
          <Notice
            tone="info"
            title={t("waitsForApproval", { number: done.version.number })}
            action={
              <LinkButton size="sm" href={`/approvals/${done.request.id}`}>
                {t("openRequest")}
              </LinkButton>
            }
          >
            {t("waitsHint")}
          </Notice>
        )}
        {done?.rollout && (
          <section className="flex flex-col gap-3" aria-label={t("published")}>
            <Notice
              tone="ok"
              title={t("publishedAs", { number: done.version.number })}
              action={
                <LinkButton size="sm" href={`/rollouts/${done.rollout.id}`}>
                  {t("openRollout")}
                </LinkButton>
              }
            >
              {t("publishedHint")}
            </Notice>
            <RolloutProgress rollout={done.rollout.id} />
          </section>
        )}
        <QueryProblem query={diff} />
        {diff.isPending && <SkeletonRows bare />}
        {diff.isLoading && <WorkingNotice>{t("comparing")}</WorkingNotice>}
        {diff.data && !differs && !done && (
          <EmptyState
            icon="publish"
            title={t("nothingTitle")}
            action={
              live.data ? (
                <LinkButton href="/versions">{t("toVersions")}</LinkButton>
              ) : (
                <LinkButton href="/first-route" tone="primary">
                  {t("toFirstRoute")}
                </LinkButton>
              )
            }
          >
            {t("nothingHint")}
          </EmptyState>
        )}
        {errors > 0 && (
          <section className="flex flex-col gap-2" aria-label={t("problems")}>
            <h2 className="text-base font-semibold">{t("blocked", { count: errors })}</h2>
            <ProblemList problems={problems} total={errors + warnings} />
          </section>
        )}
        {differs && (
          <div className="grid grid-cols-[minmax(0,1fr)] gap-6 xl:grid-cols-[minmax(0,1fr)_320px]">
            <section className="flex min-w-0 flex-col gap-3" aria-label={t("changes")}>
              <h2 className="flex flex-wrap items-center gap-2 text-base font-semibold">
                {t("changes")}
                <ChangeCounts added={added} modified={modified} removed={removed} />
              </h2>
              <DiffList
                diffs={resources}
                total={changed}
                first={CARDS_SHOWN}
                onMore={setLimit}
                beforeLabel={liveName}
                afterLabel={t("draft")}
                linked
              />
              {testsChanged && <Notice tone="info">{t("testsChanged")}</Notice>}
              {errors === 0 && <PublishChecks checks={checks} />}
              {changed > 0 && <ImpactPanel />}
              {errors === 0 && warnings > 0 && (
                <>
                  <h2 className="mt-3 text-base font-semibold">{t("warningsTitle")}</h2>
                  <ProblemList problems={problems} total={warnings} />
                </>
              )}
            </section>
            {may("config.publish") && (
              <form
                className="flex flex-col gap-3 self-start rounded-lg border border-line bg-canvas p-4 xl:sticky xl:top-0"
                onSubmit={(event) => {
                  event.preventDefault();
                  submit();
                }}
              >
                <RefusalNotice error={publish.error} />
                <Field label={t("message")} hint={t("messageHint")}>
                  <Textarea
                    rows={3}
                    value={message}
                    placeholder={t("messagePlaceholder")}
                    onChange={(event: ChangeEvent<HTMLTextAreaElement>) => setMessage(event.target.value)}
                    onKeyDown={(event) => {
                      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit();
                    }}
                  />
                </Field>
                <StrategyFields form={form} problems={misfits} onChange={setForm} />
                {protection && <Notice tone="info">{t("protectedGroup", { group: form.group })}</Notice>}
                {checks.blocked && may("config.override") && (
                  <Field label={t("overrideReason")} hint={t("overrideHint")}>
                    <Textarea
                      rows={2}
                      value={reason}
                      onChange={(event: ChangeEvent<HTMLTextAreaElement>) => setReason(event.target.value)}
                    />
                  </Field>
                )}
                <Button
                  type="submit"
                  tone={overridden ? "danger" : "primary"}
                  icon="publish"
                  busy={publish.isPending}
                  disabled={!ready || isMisfit}
                >
                  {t(overridden ? "publishAnyway" : protection ? "askForApproval" : "publish")}
                </Button>
                {checks.blocked && !overridden && <p className="text-xs text-bad">{t("checksFail")}</p>}
                {errors > 0 && <p className="text-xs text-bad">{t("correctFirst", { count: errors })}</p>}
                {publish.isPending && <WorkingNotice>{t("publishing")}</WorkingNotice>}
              </form>
            )}
          </div>
        )}
      </div>
    </>
  );
}

function ChangeCounts(counts: Readonly<Record<"added" | "modified" | "removed", number>>) {
  const t = useTranslations("release");
  const format = useFormatter();
  return (["added", "modified", "removed"] as const).map((change) =>
    counts[change] === 0 ? null : (
      <Badge key={change} tone={CHANGE_TONES[change]}>
        {format.number(counts[change])} {t(`change.${change}`)}
      </Badge>
    ),
  );
}
