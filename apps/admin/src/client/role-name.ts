import { isBuiltInRole } from "@sluice/config/browser";
import { useTranslations } from "use-intl";

/** What a role is called: a built-in one in the user's language, any other by its name. */
export function useRoleName(): (role: string) => string {
  const t = useTranslations("shell.roles");
  return (role) => (isBuiltInRole(role) ? t(role) : role);
}
