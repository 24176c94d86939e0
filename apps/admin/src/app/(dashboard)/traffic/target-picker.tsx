import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../../client/trpc.tsx";
import type { TrafficTarget } from "../../../components/chart/use-traffic.ts";
import { Field } from "../../../components/ui/field.tsx";
import { Select } from "../../../components/ui/input.tsx";

const KINDS = ["listener", "host", "route", "cluster", "endpoint"] as const;
const ASKED_AGAIN_MS = 10_000;

export interface TargetPickerProps {
  readonly kind: string | undefined;
  readonly target: TrafficTarget;
  readonly seconds: number;
  readonly onChange: (changes: Readonly<Record<"kind" | "name" | "node", string | undefined>>) => void;
}

export function isScopeKind(kind: string | undefined): kind is (typeof KINDS)[number] {
  return KINDS.some((known) => known === kind);
}

/** Whose traffic: everything or one listener, host, route, cluster or endpoint; seen by all nodes or one. */
export function TargetPicker({ kind, target, seconds, onChange }: TargetPickerProps) {
  const t = useTranslations("traffic");
  const trpc = useTRPC();
  const chosen = isScopeKind(kind) ? kind : undefined;
  const again = { refetchInterval: ASKED_AGAIN_MS };
  const names = useQuery(
    trpc.telemetry.scopes.queryOptions(
      { kind: chosen ?? "cluster", seconds },
      { ...again, enabled: chosen !== undefined },
    ),
  );
  const nodes = useQuery(trpc.telemetry.scopes.queryOptions({ kind: "node", seconds }, again));
  const name = target.scope?.name ?? "";
  return (
    <div className="flex flex-wrap items-end gap-3">
      <Field label={t("filter.kind")} labelHidden>
        <Select
          className="w-36"
          value={chosen ?? ""}
          onChange={(event) => onChange({ kind: event.target.value, name: undefined, node: target.node })}
        >
          <option value="">{t("filter.all")}</option>
          {KINDS.map((one) => (
            <option key={one} value={one}>
              {t(`filter.kinds.${one}`)}
            </option>
          ))}
        </Select>
      </Field>
      {chosen !== undefined && (
        <Field label={t("filter.name")} labelHidden>
          <Select
            className="w-56 max-w-full"
            value={name}
            onChange={(event) => onChange({ kind, name: event.target.value, node: target.node })}
          >
            <option value="">{t("filter.any")}</option>
            <Options names={names.data ?? []} chosen={name} />
          </Select>
        </Field>
      )}
      <Field label={t("filter.node")} labelHidden>
        <Select
          className="w-44"
          value={target.node ?? ""}
          onChange={(event) => onChange({ kind, name, node: event.target.value })}
        >
          <option value="">{t("filter.allNodes")}</option>
          <Options names={nodes.data ?? []} chosen={target.node ?? ""} />
        </Select>
      </Field>
    </div>
  );
}

/** The chosen one stays in the list when it has had no traffic lately. */
function Options({ names, chosen }: { readonly names: readonly string[]; readonly chosen: string }) {
  const all = chosen === "" || names.includes(chosen) ? names : [chosen, ...names];
  return all.map((name) => (
    <option key={name} value={name}>
      {name}
    </option>
  ));
}
