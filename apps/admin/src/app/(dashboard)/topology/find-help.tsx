import { useTranslations } from "use-intl";
import { ExamplesHelp } from "../../../components/ui/examples-help.tsx";

const EXAMPLES = [
  ["rate > 10", "rate"],
  ["error > 1%", "error"],
  ["p95 > 200ms", "p95"],
  ["name ~ web", "name"],
  ["kind = cluster", "kind"],
  ["idle", "idle"],
  ["kind = route and (error > 1% or p95 > 1s)", "combined"],
] as const;

export function FindHelp({ onTry }: { readonly onTry: (expression: string) => void }) {
  const t = useTranslations("topology.help");
  return (
    <ExamplesHelp
      label={t("title")}
      title={t("title")}
      intro={t("intro")}
      examples={EXAMPLES.map(([expression, key]) => ({ expression, meaning: t(key) }))}
      onTry={onTry}
    />
  );
}
