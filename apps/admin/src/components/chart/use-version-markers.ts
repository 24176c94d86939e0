import type { Rollout } from "@sluice/config";
import { useSubscription } from "@trpc/tanstack-react-query";
import { useMemo, useState } from "react";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import type { ChartMarker } from "./line-chart.tsx";

/** When which version went live. */
export function useVersionMarkers(): readonly ChartMarker[] {
  const t = useTranslations("traffic");
  const trpc = useTRPC();
  const [rollouts, setRollouts] = useState<readonly Rollout[]>([]);
  useSubscription(
    trpc.telemetry.rollouts.subscriptionOptions(undefined, { onData: ({ data }) => setRollouts(data) }),
  );
  return useMemo(
    () =>
      rollouts
        .map(({ createdAt, kind, version }) => ({
          at: createdAt.getTime() / 1000,
          label: kind === "rollback" ? t("rollbackMarker", { version }) : t("marker", { version }),
        }))
        .toSorted((left, right) => left.at - right.at),
    [rollouts, t],
  );
}
