"use client";

import { useEffect, useState } from "react";
import { useTranslations } from "use-intl";
import { Button } from "../ui/button.tsx";
import { Field } from "../ui/field.tsx";
import { Input } from "../ui/input.tsx";
import { Notice } from "../ui/notice.tsx";
import { SkeletonRows } from "../ui/skeleton.tsx";
import { useChangeSettings } from "./use-change-settings.ts";

/** Name, address and time zone of the appliance. */
export function ApplianceFields({
  submit,
  disabled = false,
  onDone,
}: {
  /** Of the button. */
  readonly submit: string;
  readonly disabled?: boolean;
  readonly onDone?: () => void;
}) {
  const t = useTranslations("settings.appliance");
  const { settings, busy, problem, change } = useChangeSettings();
  const [edits, setEdits] = useState<{ name?: string; baseUrl?: string; timeZone?: string }>({});
  const [zones, setZones] = useState<readonly string[]>([]);
  const [origin, setOrigin] = useState("");
  // Only the browser knows its zones and where it is.
  useEffect(() => {
    setZones(Intl.supportedValuesOf("timeZone"));
    setOrigin(window.location.origin);
  }, []);
  if (settings === undefined)
    return problem === undefined ? <SkeletonRows bare rows={2} /> : <Notice tone="bad">{problem}</Notice>;
  const shown = { ...settings, ...edits };
  return (
    <form
      className="flex max-w-lg flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        change(edits, () => {
          setEdits({});
          onDone?.();
        });
      }}
    >
      {problem !== undefined && <Notice tone="bad">{problem}</Notice>}
      <Field label={t("name")} hint={t("nameHint")}>
        <Input
          value={shown.name}
          disabled={disabled}
          placeholder="Sluice"
          onChange={(event) => setEdits({ ...edits, name: event.target.value })}
        />
      </Field>
      <Field label={t("baseUrl")} hint={t("baseUrlHint")}>
        <Input
          value={shown.baseUrl}
          disabled={disabled}
          placeholder={origin}
          inputMode="url"
          onChange={(event) => setEdits({ ...edits, baseUrl: event.target.value })}
        />
      </Field>
      <Field label={t("timeZone")} hint={t("timeZoneHint")}>
        <Input
          value={shown.timeZone}
          disabled={disabled}
          list="appliance-time-zones"
          onChange={(event) => setEdits({ ...edits, timeZone: event.target.value })}
        />
      </Field>
      <datalist id="appliance-time-zones">
        {zones.map((zone) => (
          <option key={zone} value={zone} />
        ))}
      </datalist>
      {!disabled && (
        <div>
          <Button type="submit" tone="primary" busy={busy}>
            {submit}
          </Button>
        </div>
      )}
    </form>
  );
}
