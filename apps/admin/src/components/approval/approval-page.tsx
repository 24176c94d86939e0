"use client";

import type { ApprovalRequest } from "@sluice/config/contract";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import { DiffList } from "../release/diff-list.tsx";
import { useStepWords } from "../rollout/step-words.ts";
import { LinkButton } from "../ui/button.tsx";
import { Notice } from "../ui/notice.tsx";
import { PageHeader } from "../ui/page-header.tsx";
import { QueryProblem, SubjectProblem } from "../ui/query-problem.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { SkeletonRows } from "../ui/skeleton.tsx";
import { ApprovalState, useAskedWords } from "./approval-state.tsx";
import { DecideButtons } from "./decide-buttons.tsx";

/** One request: what would happen, to whom, and the buttons for it. */
export function ApprovalPage({ id }: { readonly id: number }) {
  const t = useTranslations("approvals");
  const trpc = useTRPC();
  const asked = useAskedWords();
  const query = useQuery(trpc.approval.get.queryOptions({ id }, { retry: false }));
  const request = query.data;
  return (
    <>
      <PageHeader
        title={request ? asked(request) : t("numbered", { id })}
        back={{ href: "/approvals", label: t("title") }}
        marks={request && <ApprovalState request={request} />}
        description={
          request && (
            <>
              {request.message === "" ? t("noMessage") : request.message} · {request.requestedBy} ·{" "}
              <RelativeTime at={request.requestedAt} />
            </>
          )
        }
        actions={request?.state === "open" && <DecideButtons request={request} />}
      />
      {query.isPending && <SkeletonRows />}
      {query.isError && <SubjectProblem query={query} icon="approvals" missing={t("missing", { id })} />}
      {request && (
        <div className="flex flex-col gap-4 px-6 pb-10 max-sm:px-4">
          <Outcome request={request} />
          <Facts request={request} />
          <Changes request={request} />
        </div>
      )}
    </>
  );
}

function Outcome({ request }: { readonly request: ApprovalRequest }) {
  const t = useTranslations("approvals");
  const { state, own, brokenGlass, decidedBy = "", rollout } = request;
  const tone = brokenGlass ? "bad" : state === "approved" ? "ok" : state === "open" ? "info" : "warn";
  const title = brokenGlass
    ? t("glassBy", { by: decidedBy })
    : state === "open"
      ? t(own ? "waitsForOther" : "waitsForYou")
      : t(`outcome.${state}`, { by: decidedBy });
  return (
    <Notice
      tone={tone}
      title={title}
      action={
        rollout !== undefined && (
          <LinkButton size="sm" href={`/rollouts/${rollout}`}>
            {t("openRollout")}
          </LinkButton>
        )
      }
    >
      {request.reason}
    </Notice>
  );
}

function Facts({ request }: { readonly request: ApprovalRequest }) {
  const t = useTranslations("approvals");
  const stepWords = useStepWords();
  const { base, version, strategy, override } = request;
  const rows: readonly (readonly [string, ReactNode])[] = [
    [t("facts.group"), request.group],
    ...(version === undefined
      ? []
      : [
          [
            t("facts.version"),
            <span key="version">
              {base ?? "–"} →{" "}
              <Link href={`/versions/${version}`} className="underline">
                {version}
              </Link>
            </span>,
          ] as const,
        ]),
    ...(strategy === undefined
      ? []
      : [
          [
            t("facts.strategy"),
            strategy.steps.map((_, step) => stepWords(strategy, step)).join(" → "),
          ] as const,
        ]),
    ...(override === undefined ? [] : [[t("facts.override"), override] as const]),
    ...(request.state === "open"
      ? [[t("facts.expires"), <RelativeTime key="expires" at={request.expiresAt} ahead />] as const]
      : []),
    ...(request.decidedAt === undefined
      ? []
      : [[t("facts.decided"), <RelativeTime key="decided" at={request.decidedAt} />] as const]),
  ];
  return (
    <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-6 gap-y-1.5 text-sm">
      {rows.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-muted">{name}</dt>
          <dd className="min-w-0 break-words">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** What approval would change: what the group went to when it was asked for against what was asked for. */
function Changes({ request: { base, version } }: { readonly request: ApprovalRequest }) {
  const t = useTranslations("approvals");
  const release = useTranslations("release");
  const trpc = useTRPC();
  const diff = useQuery(
    trpc.version.diff.queryOptions(
      { before: base ?? 1, after: version ?? 1 },
      { enabled: base !== undefined && version !== undefined },
    ),
  );
  if (version === undefined) return <p className="text-sm text-muted">{t("unprotectHint")}</p>;
  if (base === undefined) return <Notice tone="info">{t("firstVersion")}</Notice>;
  return (
    <section className="flex flex-col gap-3" aria-label={release("changes")}>
      <h2 className="text-base font-semibold">{release("changes")}</h2>
      {diff.isPending && <SkeletonRows bare />}
      <QueryProblem query={diff} />
      {diff.data?.length === 0 && <Notice tone="info">{t("noDifference")}</Notice>}
      {diff.data && (
        <DiffList
          diffs={diff.data}
          beforeLabel={release("versionNumber", { number: base })}
          afterLabel={release("versionNumber", { number: version })}
        />
      )}
    </section>
  );
}
