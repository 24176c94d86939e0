"use client";

import { useTranslations } from "use-intl";
import { ExamplesHelp } from "../ui/examples-help.tsx";

const EXAMPLES = [
  ["status:5xx", "status"],
  ["path:/api", "path"],
  ["duration>100ms", "duration"],
  ["cluster:web", "cluster"],
  ["flag:UF", "flag"],
  ["method:POST", "method"],
  ["trace:4bf92f3577b34da6a3ce929d0e0e4736", "trace"],
] as const;

export function FilterHelp({ onTry }: { readonly onTry: (filter: string) => void }) {
  const t = useTranslations("requests");
  return (
    <ExamplesHelp
      label={t("help")}
      title={t("language.title")}
      intro={t("language.intro")}
      examples={EXAMPLES.map(([expression, key]) => ({ expression, meaning: t(`language.${key}`) }))}
      onTry={onTry}
    />
  );
}
