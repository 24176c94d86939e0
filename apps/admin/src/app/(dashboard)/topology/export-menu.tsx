import { useTranslations } from "use-intl";
import { topologySvg } from "../../../components/graph/topology-svg.ts";
import { useFigureWords } from "../../../components/graph/use-figure-words.ts";
import type { LaidOut } from "../../../components/graph/use-layout.ts";
import type { VisibleTopology } from "../../../components/graph/visible-topology.ts";
import { Button } from "../../../components/ui/button.tsx";
import { Menu } from "../../../components/ui/menu.tsx";

export interface ExportMenuProps {
  readonly visible: VisibleTopology | undefined;
  readonly laidOut: LaidOut | undefined;
}

/** What is shown, to take away: hidden boxes stay hidden, collapsed ones collapsed. */
export function ExportMenu({ visible, laidOut }: ExportMenuProps) {
  const t = useTranslations("topology");
  const words = useFigureWords();
  const text = (summary: Parameters<typeof words>[0]): string => {
    const { rate, errors, latency } = words(summary);
    return [rate, errors, latency].filter((word) => word !== "").join("  ");
  };
  const saveSvg = (): void => {
    if (visible === undefined || laidOut === undefined) return;
    const style = getComputedStyle(document.documentElement);
    const svg = topologySvg(
      visible,
      laidOut.layout,
      { box: (box) => text(box.summary), edge: (edge) => text(edge.summary) },
      (variable) => style.getPropertyValue(variable).trim(),
    );
    save("topology.svg", "image/svg+xml", svg);
  };
  const saveJson = (): void => {
    if (visible === undefined) return;
    const { boxes, edges } = visible;
    save("topology.json", "application/json", JSON.stringify({ boxes, edges }, null, 2));
  };
  return (
    <Menu
      trigger={
        <Button icon="download" disabled={visible === undefined}>
          {t("export")}
        </Button>
      }
      groups={[
        [
          { label: t("exportSvg"), onSelect: saveSvg, disabled: laidOut === undefined },
          { label: t("exportJson"), onSelect: saveJson },
        ],
      ]}
    />
  );
}

function save(name: string, type: string, content: string): void {
  const address = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}
