"use client";

import { useTranslations } from "use-intl";
import { FormSection } from "../form/form-section.tsx";
import { PasskeyTable } from "./passkey-table.tsx";
import { TwoFactorForm } from "./two-factor-form.tsx";

/** Where an account gets its second factor: an app's codes, or passkeys. */
export function SecondFactorSections() {
  const t = useTranslations("profile");
  return (
    <>
      <FormSection title={t("twoFactor.title")} description={t("twoFactor.hint")}>
        <TwoFactorForm />
      </FormSection>
      <FormSection title={t("passkeys.title")} description={t("passkeys.hint")}>
        <PasskeyTable />
      </FormSection>
    </>
  );
}
