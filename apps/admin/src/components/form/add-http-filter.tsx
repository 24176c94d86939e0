"use client";

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import { Button } from "../ui/button.tsx";
import { Combobox } from "../ui/combobox.tsx";
import { Field } from "../ui/field.tsx";

/** Picks one of the HTTP filters that the API knows; the check says which of them a node does not have. */
export function AddHttpFilter({ onAdd }: { readonly onAdd: (filter: unknown) => void }) {
  const t = useTranslations("config.listener");
  const trpc = useTRPC();
  const [open, setOpen] = useState(false);
  const [name, setName] = useState("");
  const filters = useQuery({ ...trpc.schema.httpFilters.queryOptions(), enabled: open, staleTime: Infinity });
  const chosen = filters.data?.find((filter) => filter.name === name);
  if (!open)
    return (
      <div>
        <Button size="sm" icon="plus" onClick={() => setOpen(true)}>
          {t("addFilter")}
        </Button>
      </div>
    );
  return (
    <div className="flex items-end gap-2">
      <Field label={t("filterKind")} className="max-w-96 flex-1">
        <Combobox
          value={name}
          onChange={setName}
          options={(filters.data ?? []).map((filter) => filter.name)}
          placeholder="envoy.filters.http.cors"
        />
      </Field>
      <Button
        disabled={!chosen}
        onClick={() => {
          if (!chosen) return;
          onAdd({ name: chosen.name, typed_config: { "@type": `type.googleapis.com/${chosen.type}` } });
          setName("");
          setOpen(false);
        }}
      >
        {t("add")}
      </Button>
      <Button tone="quiet" onClick={() => setOpen(false)}>
        {t("cancel")}
      </Button>
    </div>
  );
}
