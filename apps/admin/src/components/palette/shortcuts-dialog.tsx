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
  ["Esc", "close"],
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
    <Dialog open={open} onOpenChange={onOpenChange} title={t("shortcuts")} width="lg">
      <div className="grid gap-6 sm:grid-cols-3">
        <Keys title={t("general")} rows={GENERAL.map(([keys, id]) => ({ keys, label: t(`keys.${id}`) }))} />
        <Keys
          title={t("goTo")}
          wide
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
  wide = false,
}: {
  readonly title: string;
  /** Its rows stand in two columns. */
  readonly wide?: boolean;
  readonly rows: readonly { readonly keys: string; readonly label: string }[];
}) {
  return (
    <section aria-label={title} className={wide ? "sm:col-span-2" : ""}>
      <h3 className="pb-2 text-sm font-semibold">{title}</h3>
      <dl className={wide ? "gap-x-6 sm:columns-2" : ""}>
        {rows.map((row) => (
          <div key={row.keys} className="flex break-inside-avoid items-center justify-between gap-4 pb-1.5">
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
