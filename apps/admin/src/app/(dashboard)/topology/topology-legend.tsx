import { useTranslations } from "use-intl";
import { EDGE_COLORS, type EdgeTone } from "../../../components/graph/edge-look.ts";

const TONES: readonly (readonly [EdgeTone, string | undefined])[] = [
  ["ok", undefined],
  ["warn", "10 4"],
  ["bad", "4 3"],
  ["idle", "1 5"],
];

export function TopologyLegend() {
  const t = useTranslations("topology");
  return (
    <ul
      aria-label={t("legend.label")}
      className="absolute bottom-3 left-3 mr-52 flex flex-wrap gap-x-4 gap-y-1 rounded-md border border-line bg-surface px-3 py-2 text-xs text-muted max-sm:hidden"
    >
      {TONES.map(([tone, dash]) => (
        <li key={tone} className="flex items-center gap-1.5">
          <svg aria-hidden="true" width="24" height="6">
            <line
              x1="1"
              x2="23"
              y1="3"
              y2="3"
              stroke={`var(${EDGE_COLORS[tone]})`}
              strokeWidth="2.5"
              strokeDasharray={dash}
              strokeLinecap="round"
            />
          </svg>
          {t(`legend.${tone}`)}
        </li>
      ))}
      <li>{t("legend.width")}</li>
    </ul>
  );
}
