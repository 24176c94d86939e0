import { useTranslations } from "use-intl";
import { ClassChart, LatencyChart } from "../../../components/chart/traffic-charts.tsx";
import type { LiveTraffic } from "../../../components/chart/use-traffic.ts";
import { useVersionMarkers } from "../../../components/chart/use-version-markers.ts";

/** The last five minutes: how much of what, how fast, and which version came when. */
export function OverviewCharts({ traffic }: { readonly traffic: LiveTraffic }) {
  const t = useTranslations("overview");
  const shared = { ...traffic, markers: useVersionMarkers(), syncKey: "overview", height: 168 };
  return (
    <section aria-label={t("charts")} className="grid gap-6 px-6 max-sm:px-4 lg:grid-cols-2">
      <ClassChart {...shared} />
      <LatencyChart {...shared} />
    </section>
  );
}
