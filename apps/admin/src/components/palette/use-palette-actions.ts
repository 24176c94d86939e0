"use client";

import { useRouter } from "next/navigation";
import { useTheme } from "next-themes";
import { useLocale, useTranslations } from "use-intl";
import { editNeed, useMay } from "../../client/session.tsx";
import { setLocale } from "../../client/set-locale.ts";
import { signOut } from "../../client/sign-out.ts";
import { LOCALE_NAMES, LOCALES } from "../../i18n/locale.ts";
import type { IconName } from "../ui/icon.tsx";

export interface PaletteAction {
  readonly id: string;
  readonly icon: IconName;
  readonly label: string;
  /** Other words for it, in English: they find it in every language. */
  readonly words: readonly string[];
  readonly keys?: string;
  readonly run: () => void;
}

const KINDS = ["listeners", "routes", "clusters", "endpoints", "secrets"] as const;

/** What can be done from anywhere and is allowed, by name: what changes something first, then where to look, then the look itself. */
export function usePaletteActions(onShowHelp: () => void): readonly PaletteAction[] {
  const t = useTranslations("palette");
  const shell = useTranslations("shell");
  const words = useTranslations();
  const router = useRouter();
  const locale = useLocale();
  const may = useMay();
  const { resolvedTheme, setTheme } = useTheme();
  const dark = resolvedTheme === "dark";
  const go = (id: string, icon: IconName, label: string, href: string, more: readonly string[] = []) => ({
    id,
    icon,
    label,
    words: more,
    run: () => router.push(href),
  });
  const when = <Action>(allowed: boolean, ...actions: readonly Action[]): readonly Action[] =>
    allowed ? actions : [];
  return [
    ...KINDS.filter((kind) => may(...editNeed(kind))).map((kind) =>
      go(`new-${kind}`, "plus", words(`config.kinds.${kind}.new`), `/new/${kind}`, ["new", kind]),
    ),
    ...when(may("config.edit"), go("first-route", "routes", t("firstRoute"), "/first-route")),
    ...when(
      may("secret.manage"),
      go("certificate", "plus", t("requestCertificate"), "/certificates?open=request", ["acme", "tls"]),
    ),
    go("node", "plus", words("nodes.add"), "/nodes?open=new", ["join"]),
    ...when(
      may("group.manage"),
      go("group", "plus", words("nodes.groups.add"), "/nodes?open=group", ["canary"]),
    ),
    ...when(may("alert.manage"), go("rule", "plus", t("addRule"), "/alerts?open=new", ["alert"])),
    ...when(
      may("notification.manage"),
      go("channel", "plus", t("addChannel"), "/notifications?open=new", ["webhook", "mail", "slack"]),
    ),
    ...when(may("settings.manage"), go("source", "plus", words("source.add"), "/sources?open=new", ["git"])),
    ...when(
      may("people.manage"),
      go("person", "plus", words("people.add"), "/people?open=new", ["user", "invite"]),
      go("role", "plus", words("roles.add"), "/roles?open=new", ["permission"]),
    ),
    go("token", "plus", words("tokens.add"), "/tokens?open=new", ["api", "key"]),
    go("review", "publish", t("review"), "/publish", ["publish", "diff"]),
    go("changes", "versions", t("searchChanges"), "/versions?view=changes", ["history", "blame", "who"]),
    go("failing", "requests", t("failingRequests"), "/requests?q=status:5xx", ["errors", "500"]),
    go("access", "secrets", shell("pages.nodeAccess"), "/node-access", ["join", "certificate", "revoke"]),
    go("import", "transfer", shell("pages.import"), "/transfer/import", ["nginx", "envoy"]),
    go("export", "transfer", shell("pages.export"), "/transfer/export", ["download"]),
    go("backup", "transfer", shell("pages.backup"), "/transfer/backup", ["restore"]),
    ...(["retention", "keys", "about"] as const).map((tab) =>
      go(
        `settings-${tab}`,
        "settings",
        `${shell("pages.settings")}: ${words(`settings.tabs.${tab}`)}`,
        `/settings/${tab}`,
        [tab],
      ),
    ),
    go("profile", "people", shell("pages.profile"), "/profile", ["password", "passkey", "two-factor"]),
    go("api", "external", shell("pages.apiDocs"), "/api-docs", ["openapi"]),
    {
      id: "theme",
      icon: dark ? "sun" : "moon",
      label: t(dark ? "light" : "dark"),
      words: ["theme"],
      run: () => setTheme(dark ? "light" : "dark"),
    },
    ...LOCALES.filter((name) => name !== locale).map((name) => ({
      id: `locale-${name}`,
      icon: "globe" as const,
      label: LOCALE_NAMES[name],
      words: ["language"],
      run: () => setLocale(name),
    })),
    { id: "help", icon: "keyboard", label: t("shortcuts"), words: [], keys: "?", run: onShowHelp },
    { id: "sign-out", icon: "signOut", label: shell("signOut"), words: [], run: () => void signOut() },
  ];
}
