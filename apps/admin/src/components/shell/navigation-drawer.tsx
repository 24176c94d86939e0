"use client";

import { Dialog as Radix } from "radix-ui";
import { useTranslations } from "use-intl";
import { Sidebar } from "./sidebar.tsx";

/** The navigation in a narrow window: over the page, until something is chosen. */
export function NavigationDrawer({ onOpenChange }: { readonly onOpenChange: (open: boolean) => void }) {
  const t = useTranslations("shell");
  return (
    <Radix.Root open onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-[rgb(8_10_14/45%)] md:hidden" />
        <Radix.Content
          aria-describedby={undefined}
          className="fixed inset-y-0 left-0 z-50 w-60 border-r border-line bg-canvas shadow-pop focus:outline-none md:hidden"
        >
          <Radix.Title className="sr-only">{t("navigation")}</Radix.Title>
          <Sidebar collapsed={false} onNavigate={() => onOpenChange(false)} />
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
