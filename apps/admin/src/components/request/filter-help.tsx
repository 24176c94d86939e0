"use client";

import { useState } from "react";
import { useTranslations } from "use-intl";
import { IconButton } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";

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
  const [open, setOpen] = useState(false);
  return (
    <>
      <IconButton icon="info" label={t("help")} onClick={() => setOpen(true)} />
      <Dialog
        open={open}
        onOpenChange={setOpen}
        title={t("language.title")}
        description={t("language.intro")}
      >
        <ul className="flex flex-col gap-1">
          {EXAMPLES.map(([example, meaning]) => (
            <li key={example}>
              <button
                type="button"
                onClick={() => {
                  onTry(example);
                  setOpen(false);
                }}
                className="flex w-full flex-wrap items-baseline justify-between gap-x-4 rounded-md px-2 py-1.5 text-left hover:bg-hover"
              >
                <code className="font-mono text-xs break-all">{example}</code>
                <span className="text-xs text-muted">{t(`language.${meaning}`)}</span>
              </button>
            </li>
          ))}
        </ul>
      </Dialog>
    </>
  );
}
