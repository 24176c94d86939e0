"use client";

import { useTranslations } from "use-intl";
import { NAVIGATION } from "../shell/navigation.ts";
import { Dialog } from "../ui/dialog.tsx";
import { Kbd } from "../ui/kbd.tsx";

const GENERAL = [
  ["Ctrl K", "palette"],
  ["?", "help"],
  ["/", "search"],
  ["[", "sidebar"],
  ["↓ ↑", "rows"],
  ["Enter", "open"],
  ["Del", "delete"],
  ["Alt ↑", "move"],
] as const;

/** Every key there is. */
export function ShortcutsDialog({
  open,
  onOpenChange,
}: {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
}) {
  const t = useTranslations("palette");
  const shell = useTranslations("shell.pages");
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={t("shortcuts")} width="md">
      <div className="grid gap-6 sm:grid-cols-2">
        <Keys title={t("general")} rows={GENERAL.map(([keys, id]) => ({ keys, label: t(`keys.${id}`) }))} />
        <Keys
          title={t("goTo")}
          rows={NAVIGATION.flatMap((group) => group.items).map((item) => ({
            keys: `g ${item.key}`,
            label: shell(item.id),
          }))}
        />
      </div>
    </Dialog>
  );
}

function Keys({
  title,
  rows,
}: {
  readonly title: string;
  readonly rows: readonly { readonly keys: string; readonly label: string }[];
}) {
  return (
    <section aria-label={title}>
      <h3 className="pb-2 text-sm font-semibold">{title}</h3>
      <dl className="flex flex-col gap-1.5">
        {rows.map((row) => (
          <div key={row.keys} className="flex items-center justify-between gap-4">
            <dt className="text-sm text-muted">{row.label}</dt>
            <dd>
              <Kbd keys={row.keys} />
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
