"use client";

import { useTranslations } from "use-intl";
import { useMay } from "../../client/session.tsx";
import { FormSection } from "../form/form-section.tsx";
import { Notice } from "../ui/notice.tsx";
import { SecretKeys } from "./secret-keys.tsx";
import { SettingsTabs } from "./settings-tabs.tsx";

/** What secrets are sealed with. */
export function KeysPage() {
  const t = useTranslations("settings.keys");
  const may = useMay();
  return (
    <SettingsTabs>
      <FormSection title={t("title")} description={t("hint")}>
        {may("settings.manage") ? <SecretKeys /> : <Notice tone="info">{t("notAllowed")}</Notice>}
      </FormSection>
    </SettingsTabs>
  );
}
