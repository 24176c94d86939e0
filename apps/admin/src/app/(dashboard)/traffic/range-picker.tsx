import { useState } from "react";
import { useTranslations } from "use-intl";
import {
  type ChosenRange,
  formatRange,
  PRESETS,
  type Preset,
  toLocalInput,
} from "../../../components/chart/time-range.ts";
import { Button } from "../../../components/ui/button.tsx";
import { Dialog } from "../../../components/ui/dialog.tsx";
import { Field } from "../../../components/ui/field.tsx";
import { Input } from "../../../components/ui/input.tsx";

export interface RangePickerProps {
  readonly range: ChosenRange;
  /** The range as it stands in the address. */
  readonly onChange: (range: string) => void;
}

const SHARED =
  "h-8 border-y border-r border-line-strong px-2.5 text-xs font-medium first:rounded-l-md first:border-l last:rounded-r-md";

/** One range for all charts of the page. */
export function RangePicker({ range, onChange }: RangePickerProps) {
  const t = useTranslations("traffic");
  const [open, setOpen] = useState(false);
  return (
    <div className="flex items-center gap-2">
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset cannot lay its children out in a row everywhere */}
      <div role="group" aria-label={t("range.label")} className="inline-flex">
        {(Object.keys(PRESETS) as Preset[]).map((preset) => {
          const on = range.live && range.preset === preset;
          return (
            <button
              key={preset}
              type="button"
              aria-pressed={on}
              onClick={() => onChange(preset)}
              className={`${SHARED} ${on ? "bg-accent-soft text-accent" : "text-muted hover:bg-hover"}`}
            >
              {t(`range.${preset}`)}
            </button>
          );
        })}
        <button
          type="button"
          aria-pressed={!range.live}
          onClick={() => setOpen(true)}
          className={`${SHARED} ${range.live ? "text-muted hover:bg-hover" : "bg-accent-soft text-accent"}`}
        >
          {t("range.custom")}
        </button>
      </div>
      {open && <CustomRange range={range} onChange={onChange} onClose={() => setOpen(false)} />}
    </div>
  );
}

function CustomRange({ range, onChange, onClose }: RangePickerProps & { readonly onClose: () => void }) {
  const t = useTranslations("traffic");
  const now = new Date();
  const start = range.live ? new Date(now.getTime() - range.seconds * 1000) : range.from;
  const [from, setFrom] = useState(toLocalInput(start));
  const [to, setTo] = useState(toLocalInput(range.live ? now : range.to));
  const [fromMs, toMs] = [new Date(from).getTime(), new Date(to).getTime()];
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
      width="sm"
      footer={
        <Button tone="primary" disabled={!valid} onClick={apply}>
          {t("range.apply")}
        </Button>
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
