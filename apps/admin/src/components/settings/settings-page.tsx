"use client";

import { useTranslations } from "use-intl";
import { useMay } from "../../client/session.tsx";
import { FormSection } from "../form/form-section.tsx";
import { LinkButton } from "../ui/button.tsx";
import { ApplianceFields } from "./appliance-fields.tsx";
import { SettingsTabs } from "./settings-tabs.tsx";

/** What holds for the whole appliance. One's own settings are on the profile page. */
export function SettingsPage() {
  const t = useTranslations("settings");
  const may = useMay();
  return (
    <SettingsTabs>
      <FormSection title={t("appliance.title")} description={t("appliance.hint")}>
        <ApplianceFields submit={t("save")} disabled={!may("settings.manage")} />
      </FormSection>
      <FormSection title={t("profile.title")} description={t("profile.hint")}>
        <div>
          <LinkButton href="/profile">{t("profile.open")}</LinkButton>
        </div>
      </FormSection>
      <FormSection title={t("api.title")} description={t("api.hint")}>
        <div>
          <LinkButton href="/api-docs">{t("api.open")}</LinkButton>
        </div>
      </FormSection>
    </SettingsTabs>
  );
}
