"use client";

import { useTranslations } from "use-intl";
import { useRoleName } from "../../client/role-name.ts";
import { useSession } from "../../client/session.tsx";
import { FormSection } from "../form/form-section.tsx";
import { PageHeader } from "../ui/page-header.tsx";
import { AppearanceFields } from "./appearance-fields.tsx";
import { PasswordForm } from "./password-form.tsx";
import { SecondFactorSections } from "./second-factor-sections.tsx";
import { SessionTable } from "./session-table.tsx";

/** One's own account. */
export function ProfilePage() {
  const t = useTranslations("profile");
  const settings = useTranslations("settings");
  const session = useSession();
  const roleName = useRoleName();
  return (
    <>
      <PageHeader
        title={t("title")}
        description={`${session.name} · ${session.email} · ${roleName(session.role)}`}
      />
      <div className="border-t border-line px-6 max-sm:px-4">
        <FormSection title={settings("appearance")} description={settings("appearanceHint")}>
          <AppearanceFields />
        </FormSection>
        <FormSection title={settings("password")} description={settings("passwordHint")}>
          <PasswordForm />
        </FormSection>
        <SecondFactorSections />
        <FormSection title={t("sessions.title")} description={t("sessions.hint")}>
          <SessionTable />
        </FormSection>
      </div>
    </>
  );
}
