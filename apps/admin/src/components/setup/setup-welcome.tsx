"use client";

import { useTranslations } from "use-intl";
import { Button, LinkButton } from "../ui/button.tsx";
import { EmptyState } from "../ui/empty-state.tsx";
import { useSetup } from "./use-setup.ts";

/** On the overview of a brand-new appliance: the way into the first-run guide, and past it. */
export function SetupWelcome() {
  const t = useTranslations("setup");
  const { busy, finish } = useSetup();
  return (
    <EmptyState
      icon="settings"
      title={t("welcome")}
      action={
        <span className="flex flex-wrap justify-center gap-2">
          <LinkButton href="/setup" tone="primary" icon="arrowRight">
            {t("begin")}
          </LinkButton>
          <Button busy={busy} onClick={() => void finish()}>
            {t("skip")}
          </Button>
        </span>
      }
    >
      {t("welcomeText")}
    </EmptyState>
  );
}
