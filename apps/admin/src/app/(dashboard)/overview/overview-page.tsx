"use client";

import { useSubscription } from "@trpc/tanstack-react-query";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../../client/trpc.tsx";
import { useFiringAlerts } from "../../../components/alert/use-firing-alerts.ts";
import { ExpiryBanner } from "../../../components/certificate/expiry-banner.tsx";
import { Freshness } from "../../../components/chart/freshness.tsx";
import { useLiveTraffic } from "../../../components/chart/use-traffic.ts";
import { SetupWelcome } from "../../../components/setup/setup-welcome.tsx";
import { useSetup } from "../../../components/setup/use-setup.ts";
import { LinkButton } from "../../../components/ui/button.tsx";
import { EmptyState } from "../../../components/ui/empty-state.tsx";
import { PageHeader } from "../../../components/ui/page-header.tsx";
import { SkeletonRows } from "../../../components/ui/skeleton.tsx";
import type { OverviewFrame } from "../../../server/trpc/telemetry/overview.ts";
import { Breakdown } from "./breakdown.tsx";
import { HeadFigures } from "./head-figures.tsx";
import { LastChanges } from "./last-changes.tsx";
import { OverviewCharts } from "./overview-charts.tsx";
import { ProblemList } from "./problem-list.tsx";
import { SyncSummary } from "./sync-summary.tsx";

const SHOWN_SECONDS = 300;
const EVERYTHING = { scope: undefined, node: undefined };

/** Is all well? */
export function OverviewPage() {
  const t = useTranslations("overview");
  const trpc = useTRPC();
  const [frame, setFrame] = useState<OverviewFrame & { readonly receivedAt: number }>();
  useSubscription(
    trpc.telemetry.overview.subscriptionOptions(undefined, {
      onData: ({ data }) => setFrame({ ...data, receivedAt: performance.now() }),
    }),
  );
  const traffic = useLiveTraffic(EVERYTHING, SHOWN_SECONDS);
  const alerts = useFiringAlerts();
  const setup = useSetup();
  const isNew = frame !== undefined && frame.versions.length === 0;
  const reportAgeMs = frame?.asOf && frame.at.getTime() - frame.asOf.getTime();
  return (
    <>
      <PageHeader
        title={t("title")}
        actions={!isNew && <Freshness receivedAt={frame?.receivedAt} reportAgeMs={reportAgeMs} />}
      />
      {frame === undefined && <SkeletonRows rows={6} />}
      {isNew && setup.open && <SetupWelcome />}
      {isNew && !setup.open && (
        <EmptyState
          icon="routes"
          title={t("empty.title")}
          action={
            <LinkButton href="/first-route" tone="primary" icon="plus">
              {t("empty.action")}
            </LinkButton>
          }
        >
          {t("empty.text")}
        </EmptyState>
      )}
      {frame !== undefined && !isNew && (
        <div className="flex flex-col gap-6 pb-10">
          <ProblemList problems={frame.problems} alerts={alerts} nodeCount={frame.nodeStates.length} />
          <div className="-mb-4 empty:hidden">
            <ExpiryBanner />
          </div>
          <HeadFigures now={frame.now} hourAgo={frame.hourAgo} columns={traffic.columns} />
          <OverviewCharts traffic={traffic} />
          <div className="grid grid-cols-[minmax(0,1fr)] gap-6 xl:grid-cols-[minmax(0,1fr)_22rem]">
            <Breakdown frame={frame} />
            <div className="flex flex-col gap-6 px-6 max-sm:px-4 xl:pl-0">
              <SyncSummary nodes={frame.nodeStates} />
              <LastChanges versions={frame.versions} />
            </div>
          </div>
        </div>
      )}
    </>
  );
}
