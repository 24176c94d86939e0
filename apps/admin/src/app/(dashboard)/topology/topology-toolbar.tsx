import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../../client/trpc.tsx";
import { FindInput } from "../../../components/graph/find-input.tsx";
import { Button } from "../../../components/ui/button.tsx";
import { Field } from "../../../components/ui/field.tsx";
import { Select } from "../../../components/ui/input.tsx";
import { Segments } from "../../../components/ui/segments.tsx";
import { FindHelp } from "./find-help.tsx";
import type { Expression } from "./topology-page.tsx";

export interface TopologyToolbarProps {
  readonly view: "graph" | "table";
  readonly node: string | undefined;
  readonly find: Expression;
  readonly hide: Expression;
  readonly foundCount: number | undefined;
  readonly hiddenCount: number;
  readonly folded: boolean;
  readonly onFold: (fold: boolean) => void;
  readonly onChange: (changes: Readonly<Record<string, string | undefined>>) => void;
}

export function TopologyToolbar(props: TopologyToolbarProps) {
  const { view, node, find, hide, foundCount, hiddenCount, folded, onFold, onChange } = props;
  const t = useTranslations("topology");
  const trpc = useTRPC();
  const nodes = useQuery(trpc.node.list.queryOptions());
  return (
    <div className="flex flex-wrap items-center gap-2 px-6 pb-3 max-sm:px-4">
      <Segments
        label={t("views.label")}
        value={view}
        segments={(["graph", "table"] as const).map((id) => ({ id, label: t(`views.${id}`) }))}
        onChange={(id) => onChange({ view: id })}
      />
      <FindInput
        label={t("findLabel")}
        placeholder={t("find")}
        value={find.text}
        parsed={find.parsed}
        outcome={foundCount === undefined ? undefined : t("found", { count: foundCount })}
        onChange={(text) => onChange({ find: text })}
      />
      <FindInput
        label={t("hideLabel")}
        placeholder={t("hide")}
        value={hide.text}
        parsed={hide.parsed}
        outcome={hide.predicate === undefined ? undefined : t("hiddenCount", { count: hiddenCount })}
        onChange={(text) => onChange({ hide: text })}
      />
      <FindHelp onTry={(expression) => onChange({ find: expression })} />
      <Button
        aria-pressed={hide.text === "idle"}
        onClick={() => onChange({ hide: hide.text === "idle" ? undefined : "idle" })}
      >
        {t("hideIdle")}
      </Button>
      {view === "graph" && (
        <Button onClick={() => onFold(!folded)}>{folded ? t("expandAll") : t("collapseAll")}</Button>
      )}
      {(nodes.data?.length ?? 0) > 1 && (
        <Field label={t("node")} labelHidden>
          <Select
            className="w-40"
            value={node ?? ""}
            onChange={(event) => onChange({ node: event.target.value })}
          >
            <option value="">{t("allNodes")}</option>
            {nodes.data?.map(({ id }) => (
              <option key={id} value={id}>
                {id}
              </option>
            ))}
          </Select>
        </Field>
      )}
    </div>
  );
}
