"use client";

import { useRouter } from "next/navigation";
import { useTheme } from "next-themes";
import { useLocale, useTranslations } from "use-intl";
import { useRoleName } from "../../client/role-name.ts";
import { useSession } from "../../client/session.tsx";
import { setLocale } from "../../client/set-locale.ts";
import { signOut } from "../../client/sign-out.ts";
import { LOCALE_NAMES, LOCALES } from "../../i18n/locale.ts";
import { Menu } from "../ui/menu.tsx";

export function UserMenu() {
  const t = useTranslations("shell");
  const session = useSession();
  const roleName = useRoleName();
  const router = useRouter();
  const locale = useLocale();
  const { theme, setTheme } = useTheme();
  return (
    <Menu
      trigger={
        <button
          type="button"
          aria-label={t("account", { name: session.name })}
          className="flex size-7 items-center justify-center rounded-full bg-accent-soft text-xs font-semibold text-accent"
        >
          {session.name.slice(0, 1).toUpperCase()}
        </button>
      }
      heading={
        <>
          <span className="block font-medium text-ink">{session.name}</span>
          {session.email} · {roleName(session.role)}
        </>
      }
      groups={[
        (["system", "light", "dark"] as const).map((name) => ({
          label: t(`theme.${name}`),
          icon: name === "dark" ? ("moon" as const) : ("sun" as const),
          checked: theme === name,
          onSelect: () => setTheme(name),
        })),
        LOCALES.map((name) => ({
          label: LOCALE_NAMES[name],
          icon: "globe" as const,
          checked: locale === name,
          onSelect: () => setLocale(name),
        })),
        [
          { label: t("pages.profile"), icon: "people", onSelect: () => router.push("/profile") },
          { label: t("pages.settings"), icon: "settings", onSelect: () => router.push("/settings") },
          { label: t("signOut"), icon: "signOut", onSelect: () => void signOut() },
        ],
      ]}
    />
  );
}
