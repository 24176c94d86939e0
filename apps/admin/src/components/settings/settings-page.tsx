"use client";

import { useTranslations } from "use-intl";
import { useMay } from "../../client/session.tsx";
import { FormSection } from "../form/form-section.tsx";
import { LinkButton } from "../ui/button.tsx";
import { PageHeader } from "../ui/page-header.tsx";
import { SecretKeys } from "./secret-keys.tsx";
import { SignOnSection } from "./sign-on-section.tsx";

/** What holds for the whole appliance. One's own settings are on the profile page. */
export function SettingsPage() {
  const t = useTranslations("settings");
  const may = useMay();
  return (
    <>
      <PageHeader title={t("title")} />
      <div className="border-t border-line px-6 max-sm:px-4">
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
        {may("settings.manage") && <SignOnSection />}
        {may("settings.manage") && (
          <FormSection title={t("keys.title")} description={t("keys.hint")}>
            <SecretKeys />
          </FormSection>
        )}
      </div>
    </>
  );
}
