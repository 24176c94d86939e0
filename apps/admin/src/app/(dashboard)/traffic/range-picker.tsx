import { useState } from "react";
import { useTimeZone, useTranslations } from "use-intl";
import {
  type ChosenRange,
  formatRange,
  fromLocalInput,
  PRESETS,
  type Preset,
  toLocalInput,
} from "../../../components/chart/time-range.ts";
import { Button } from "../../../components/ui/button.tsx";
import { Dialog } from "../../../components/ui/dialog.tsx";
import { Field } from "../../../components/ui/field.tsx";
import { Input } from "../../../components/ui/input.tsx";
import { Segments } from "../../../components/ui/segments.tsx";

export interface RangePickerProps {
  readonly range: ChosenRange;
  /** The range as it stands in the address. */
  readonly onChange: (range: string) => void;
}

/** One range for all charts of the page. */
export function RangePicker({ range, onChange }: RangePickerProps) {
  const t = useTranslations("traffic");
  const [open, setOpen] = useState(false);
  return (
    <div className="flex min-w-0 items-center gap-2 overflow-x-auto p-0.5">
      <Segments
        label={t("range.label")}
        value={range.live ? range.preset : "custom"}
        segments={[...(Object.keys(PRESETS) as Preset[]), "custom" as const].map((id) => ({
          id,
          label: t(`range.${id}`),
        }))}
        onChange={(id) => (id === "custom" ? setOpen(true) : onChange(id))}
      />
      {open && <CustomRange range={range} onChange={onChange} onClose={() => setOpen(false)} />}
    </div>
  );
}

function CustomRange({ range, onChange, onClose }: RangePickerProps & { readonly onClose: () => void }) {
  const t = useTranslations("traffic");
  const common = useTranslations("common");
  const zone = useTimeZone() ?? "UTC";
  const now = new Date();
  const start = range.live ? new Date(now.getTime() - range.seconds * 1000) : range.from;
  const [from, setFrom] = useState(toLocalInput(start, zone));
  const [to, setTo] = useState(toLocalInput(range.live ? now : range.to, zone));
  const [fromMs, toMs] = [fromLocalInput(from, zone), fromLocalInput(to, zone)];
  const valid = toMs > fromMs;
  const apply = (): void => {
    onChange(formatRange(fromMs / 1000, toMs / 1000));
    onClose();
  };
  return (
    <Dialog
      open
      onOpenChange={(next) => !next && onClose()}
      title={t("range.custom")}
      description={t("range.zone", { zone })}
      width="sm"
      footer={
        <>
          <Button onClick={onClose}>{common("cancel")}</Button>
          <Button tone="primary" disabled={!valid} onClick={apply}>
            {t("range.apply")}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <Field label={t("range.from")}>
          <Input
            type="datetime-local"
            step="1"
            value={from}
            onChange={(event) => setFrom(event.target.value)}
          />
        </Field>
        <Field label={t("range.to")} error={valid ? undefined : t("range.invalid")}>
          <Input type="datetime-local" step="1" value={to} onChange={(event) => setTo(event.target.value)} />
        </Field>
      </div>
    </Dialog>
  );
}
