"use client";

import { useTheme } from "next-themes";
import { useEffect, useState } from "react";
import { useLocale, useTimeZone, useTranslations } from "use-intl";
import { setLocale } from "../../client/set-locale.ts";
import { setTimeZone } from "../../client/set-time-zone.ts";
import { LOCALE_NAMES, LOCALES } from "../../i18n/locale.ts";
import { Field } from "../ui/field.tsx";
import { Select } from "../ui/input.tsx";

const THEMES = ["system", "light", "dark"] as const;
const BROWSERS_OWN = "";

/** Language, theme and time zone; kept in this browser. */
export function AppearanceFields() {
  const t = useTranslations("settings");
  const shell = useTranslations("shell");
  const locale = useLocale();
  const timeZone = useTimeZone();
  const { theme, setTheme } = useTheme();
  const [zones, setZones] = useState<readonly string[]>();
  // Only the browser knows its theme and its zones.
  useEffect(() => setZones(Intl.supportedValuesOf("timeZone")), []);
  const own = zones === undefined ? undefined : Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <div className="grid max-w-lg gap-4 sm:grid-cols-2">
      <Field label={t("language")}>
        <Select
          value={locale}
          onChange={(event) => {
            const chosen = LOCALES.find((name) => name === event.target.value);
            if (chosen) setLocale(chosen);
          }}
        >
          {LOCALES.map((name) => (
            <option key={name} value={name}>
              {LOCALE_NAMES[name]}
            </option>
          ))}
        </Select>
      </Field>
      <Field label={t("theme")}>
        <Select
          value={zones === undefined ? "system" : (theme ?? "system")}
          onChange={(event) => setTheme(event.target.value)}
        >
          {THEMES.map((name) => (
            <option key={name} value={name}>
              {shell(`theme.${name}`)}
            </option>
          ))}
        </Select>
      </Field>
      <Field label={t("timeZone")}>
        <Select
          value={own === timeZone ? BROWSERS_OWN : timeZone}
          onChange={(event) => setTimeZone(event.target.value)}
        >
          <option value={BROWSERS_OWN}>{t("ownTimeZone", { zone: own ?? "" })}</option>
          {[...new Set([...(zones ?? []), "UTC"])].map((zone) => (
            <option key={zone} value={zone}>
              {zone}
            </option>
          ))}
        </Select>
      </Field>
    </div>
  );
}
