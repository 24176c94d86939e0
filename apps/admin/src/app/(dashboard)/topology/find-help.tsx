import { useState } from "react";
import { useTranslations } from "use-intl";
import { IconButton } from "../../../components/ui/button.tsx";
import { Dialog } from "../../../components/ui/dialog.tsx";

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
  const t = useTranslations("topology");
  const [open, setOpen] = useState(false);
  return (
    <>
      <IconButton icon="info" label={t("help.title")} onClick={() => setOpen(true)} />
      <Dialog open={open} onOpenChange={setOpen} title={t("help.title")} description={t("help.intro")}>
        <ul className="flex flex-col gap-1">
          {EXAMPLES.map(([expression, meaning]) => (
            <li key={expression}>
              <button
                type="button"
                onClick={() => {
                  onTry(expression);
                  setOpen(false);
                }}
                className="flex w-full flex-wrap items-baseline justify-between gap-x-4 rounded-md px-2 py-1.5 text-left hover:bg-hover"
              >
                <code className="font-mono text-xs">{expression}</code>
                <span className="text-xs text-muted">{t(`help.${meaning}`)}</span>
              </button>
            </li>
          ))}
        </ul>
      </Dialog>
    </>
  );
}
