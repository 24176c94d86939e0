"use client";

import { useTranslations } from "use-intl";
import { useMay } from "../../client/session.tsx";
import { Notice } from "../ui/notice.tsx";
import { SecondFactorSection } from "./second-factor-section.tsx";
import { SettingsTabs } from "./settings-tabs.tsx";
import { SignOnSection } from "./sign-on-section.tsx";

/** With what people sign in. */
export function SecurityPage() {
  const t = useTranslations("settings");
  const may = useMay();
  return (
    <SettingsTabs>
      {may("settings.manage") ? (
        <>
          <SecondFactorSection />
          <SignOnSection />
        </>
      ) : (
        <div className="py-6">
          <Notice tone="info">{t("securityNotAllowed")}</Notice>
        </div>
      )}
    </SettingsTabs>
  );
}
