"use client";

import type { ChangeEvent } from "react";
import { useTranslations } from "use-intl";
import { fromLocalInput } from "../chart/time-range.ts";
import { Input, SearchInput, Select } from "../ui/input.tsx";

/** As typed; "" limits nothing. Days are those of the reader's zone. */
export interface AuditFilters {
  readonly subject: string;
  readonly actor: string;
  readonly family: string;
  readonly from: string;
  readonly to: string;
  readonly refused: boolean;
}
export const NO_FILTERS: AuditFilters = {
  subject: "",
  actor: "",
  family: "",
  from: "",
  to: "",
  refused: false,
};

const FAMILIES = [
  "draft.",
  "version.",
  "rollout.",
  "group.",
  "node.",
  "user.",
  "role.",
  "token.",
  "session.",
  "audit.",
] as const;

export function AuditFilterBar({
  filters,
  onChange,
}: {
  readonly filters: AuditFilters;
  readonly onChange: (filters: AuditFilters) => void;
}) {
  const t = useTranslations("audit");
  const set = (change: Partial<AuditFilters>) => onChange({ ...filters, ...change });
  return (
    <div className="flex flex-wrap items-center gap-3 border-b border-line px-6 pb-3 max-sm:px-4">
      <SearchInput
        label={t("search")}
        value={filters.subject}
        onChange={(event) => set({ subject: event.target.value })}
        className="max-w-64"
      />
      <Input
        aria-label={t("actor")}
        placeholder={t("actor")}
        value={filters.actor}
        className="max-w-40"
        onChange={(event: ChangeEvent<HTMLInputElement>) => set({ actor: event.target.value })}
      />
      <Select
        aria-label={t("family")}
        value={filters.family}
        onChange={(event) => set({ family: event.target.value })}
        className="max-w-40"
      >
        <option value="">{t("families.all")}</option>
        {FAMILIES.map((name) => (
          <option key={name} value={name}>
            {t(`families.${name.slice(0, -1)}`)}
          </option>
        ))}
      </Select>
      {(["from", "to"] as const).map((end) => (
        <span key={end} className="inline-flex items-center gap-2 text-sm text-muted">
          <span aria-hidden="true" className="whitespace-nowrap">
            {t(end)}
          </span>
          <Input
            type="date"
            aria-label={t(end)}
            value={filters[end]}
            className="max-w-40"
            onChange={(event: ChangeEvent<HTMLInputElement>) => set({ [end]: event.target.value })}
          />
        </span>
      ))}
      <label className="flex items-center gap-2 text-sm">
        <input
          type="checkbox"
          checked={filters.refused}
          onChange={(event) => set({ refused: event.target.checked })}
        />
        {t("onlyRefused")}
      </label>
    </div>
  );
}

/** For the API and for the export's address. */
export function auditInput(
  { subject, actor, family, from, to, refused }: AuditFilters,
  /** IANA name: days begin at its midnight. */
  timeZone: string,
) {
  return {
    ...(subject.trim() === "" ? {} : { subject: subject.trim() }),
    ...(actor.trim() === "" ? {} : { actor: actor.trim() }),
    ...(family === "" ? {} : { action: family }),
    ...(from === "" ? {} : { from: startOf(from, 0, timeZone) }),
    ...(to === "" ? {} : { to: startOf(to, 1, timeZone) }),
    ...(refused ? { refused } : {}),
  };
}

/** Midnight in a zone at the beginning of a day, `later` days after it. */
function startOf(day: string, later: number, timeZone: string): string {
  const at = new Date(`${day}T00:00Z`);
  at.setUTCDate(at.getUTCDate() + later);
  return new Date(fromLocalInput(at.toISOString().slice(0, 19), timeZone)).toISOString();
}
