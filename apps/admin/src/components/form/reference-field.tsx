"use client";

import { useQuery } from "@tanstack/react-query";
import { useTRPC } from "../../client/trpc.tsx";
import type { ResourceKind } from "../resource/config-types.ts";
import { resourceHref } from "../resource/resource-href.ts";
import { Combobox } from "../ui/combobox.tsx";
import { Field } from "../ui/field.tsx";
import { fieldProps, type PathFieldProps } from "./fields.tsx";
import { useFormField } from "./form-context.tsx";

/** The name of another resource: chosen from the draft or typed; one that is not there is said at the field. */
export function ReferenceField(props: PathFieldProps & { readonly kind: ResourceKind }) {
  const { path, kind } = props;
  const trpc = useTRPC();
  const names = useQuery(trpc.draft.names.queryOptions());
  const field = useFormField(path);
  const options = (names.data ?? []).filter((ref) => ref.kind === kind).map((ref) => ref.name);
  const exists = options.includes(field.text);
  return (
    <Field {...fieldProps(props, field)}>
      <Combobox
        data-path={path}
        value={field.text}
        options={options}
        readOnly={field.readOnly}
        onChange={(value) => field.set(value || undefined)}
        {...(exists ? { href: resourceHref({ kind, name: field.text }) } : {})}
      />
    </Field>
  );
}
