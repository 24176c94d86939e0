"use client";

import { useTranslations } from "use-intl";
import { Field } from "../ui/field.tsx";
import { Input, Select } from "../ui/input.tsx";
import type { ChannelFields } from "./read-channel-form.ts";

const SECURITY = ["starttls", "tls", "none"] as const;

export interface ChannelFieldsetProps {
  readonly fields: ChannelFields;
  /** There is a secret already: an empty field keeps it. */
  readonly stored: boolean;
  readonly onChange: (part: Partial<ChannelFields>) => void;
}

/** What a channel of the chosen kind needs. */
export function ChannelFieldset({ fields, stored, onChange }: ChannelFieldsetProps) {
  const t = useTranslations("notifications.fields");
  const kept = stored ? t("secretKept") : undefined;
  if (fields.kind === "webhook")
    return (
      <Field label={t("url")} required hint={t("urlHint")}>
        <Input
          type="url"
          required
          maxLength={2000}
          placeholder="https://hooks.example.com/sluice"
          value={fields.url}
          onChange={(event) => onChange({ url: event.target.value })}
        />
      </Field>
    );
  if (fields.kind === "slack")
    return (
      <Field label={t("slackUrl")} required={!stored} hint={kept ?? t("slackUrlHint")}>
        <Input
          type="password"
          autoComplete="new-password"
          required={!stored}
          maxLength={2000}
          value={fields.secret}
          onChange={(event) => onChange({ secret: event.target.value })}
        />
      </Field>
    );
  return (
    <>
      <div className="grid grid-cols-[2fr_1fr_1fr] gap-3 max-sm:grid-cols-1">
        <Field label={t("host")} required>
          <Input
            required
            maxLength={253}
            placeholder="smtp.example.com"
            value={fields.host}
            onChange={(event) => onChange({ host: event.target.value })}
          />
        </Field>
        <Field label={t("port")} required>
          <Input
            type="number"
            required
            min={1}
            max={65535}
            value={fields.port}
            onChange={(event) => onChange({ port: event.target.value })}
          />
        </Field>
        <Field label={t("security")}>
          <Select
            value={fields.security}
            onChange={(event) => {
              const security = SECURITY.find((one) => one === event.target.value);
              if (security !== undefined) onChange({ security });
            }}
          >
            {SECURITY.map((one) => (
              <option key={one} value={one}>
                {t(`securities.${one}`)}
              </option>
            ))}
          </Select>
        </Field>
      </div>
      <div className="grid grid-cols-2 gap-3 max-sm:grid-cols-1">
        <Field label={t("user")} hint={t("userHint")}>
          <Input
            maxLength={320}
            value={fields.user}
            onChange={(event) => onChange({ user: event.target.value })}
          />
        </Field>
        <Field label={t("password")} hint={kept}>
          <Input
            type="password"
            autoComplete="new-password"
            maxLength={1000}
            value={fields.secret}
            onChange={(event) => onChange({ secret: event.target.value })}
          />
        </Field>
      </div>
      <Field label={t("from")} required>
        <Input
          required
          maxLength={400}
          placeholder="Sluice <sluice@example.com>"
          value={fields.from}
          onChange={(event) => onChange({ from: event.target.value })}
        />
      </Field>
      <Field label={t("to")} required hint={t("toHint")}>
        <Input required value={fields.to} onChange={(event) => onChange({ to: event.target.value })} />
      </Field>
    </>
  );
}
