"use client";

import { useQuery } from "@tanstack/react-query";
import { useSubscription } from "@trpc/tanstack-react-query";
import Link from "next/link";
import { useTranslations } from "use-intl";
import { useMay } from "../../client/session.tsx";
import { useTRPC } from "../../client/trpc.tsx";
import type { RolloutStatus } from "../resource/config-types.ts";
import { Notice } from "../ui/notice.tsx";
import { PageHeader } from "../ui/page-header.tsx";
import { SubjectProblem } from "../ui/query-problem.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { SkeletonRows } from "../ui/skeleton.tsx";
import { PhaseBadge } from "./phase-badge.tsx";
import { useReasonWords } from "./reason-words.ts";
import { RolloutHistory } from "./rollout-history.tsx";
import { RolloutMatrix } from "./rollout-matrix.tsx";
import { RolloutSteps } from "./rollout-steps.tsx";
import { RolloutTraffic } from "./rollout-traffic.tsx";
import { SteerButtons } from "./steer-buttons.tsx";

const TONES = {
  waiting: "info",
  effective: "ok",
  refused: "bad",
  superseded: "info",
  no_nodes: "warn",
  paused: "warn",
  reverting: "warn",
  reverted: "bad",
  aborted: "info",
} as const satisfies Record<RolloutStatus["state"], string>;

/** Is it going well? And the buttons for when it is not. Everything moves by itself. */
export function RolloutPage({ id }: { readonly id: number }) {
  const t = useTranslations("rollout");
  const trpc = useTRPC();
  const may = useMay();
  const first = useQuery(trpc.version.rolloutStatus.queryOptions({ rollout: id }, { retry: false }));
  const { data: event } = useSubscription(trpc.version.watchRollout.subscriptionOptions({ rollout: id }));
  const status = event?.data ?? first.data;
  const underWay = status !== undefined && ["running", "paused"].includes(status.progress.phase);
  return (
    <>
      <PageHeader
        title={t("numbered", { id })}
        back={{ href: "/rollouts", label: t("title") }}
        marks={status && <PhaseBadge phase={status.progress.phase} />}
        description={status && <Order status={status} />}
        actions={underWay && may("config.publish") && <SteerButtons status={status} />}
      />
      {first.isPending && !status && <SkeletonRows />}
      {first.isError && !status && (
        <SubjectProblem query={first} icon="rollouts" missing={t("missing", { id })} />
      )}
      {status && (
        <div className="flex flex-col gap-6 pb-10">
          <Summary status={status} />
          <RolloutSteps status={status} />
          {underWay && <RolloutTraffic status={status} />}
          <RolloutMatrix status={status} />
          <RolloutHistory id={id} />
        </div>
      )}
    </>
  );
}

function Order({ status }: { readonly status: RolloutStatus }) {
  const t = useTranslations("rollout");
  const { rollout } = status;
  return (
    <>
      <Link href={`/versions/${rollout.version}`} className="text-ink underline">
        {t("version", { number: rollout.version })}
      </Link>{" "}
      {t("order", { group: rollout.group, before: rollout.previous ?? "–", author: rollout.author })} ·{" "}
      <RelativeTime at={rollout.createdAt} />
    </>
  );
}

function Summary({ status }: { readonly status: RolloutStatus }) {
  const t = useTranslations("release.rollout");
  const own = useTranslations("rollout");
  const words = useReasonWords();
  const { connected, effective, progress, rollout, state } = status;
  const tone = TONES[state];
  return (
    <div className="px-6 max-sm:px-4">
      <Notice tone={tone} title={t(`states.${state}`, { effective, connected, version: rollout.version })}>
        {progress.reason !== undefined && (
          <p className="break-words">{words(progress.words, progress.reason)}</p>
        )}
        {progress.missing.length > 0 && (
          <p>{own("missingNodes", { count: progress.missing.length, names: progress.missing.join(", ") })}</p>
        )}
      </Notice>
    </div>
  );
}
