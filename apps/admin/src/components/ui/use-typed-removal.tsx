"use client";

import { type ReactNode, useState } from "react";
import type { MenuItem } from "./menu.tsx";
import { TypeNameDialog } from "./type-name-dialog.tsx";

export interface TypedRemoval {
  /** The last group of a row's menu. */
  readonly itemsOf: (name: string) => readonly MenuItem[];
  /** To be rendered once, beside the table. */
  readonly dialog: ReactNode;
}

/** The removal of rows for which there is no undo: an entry of each row's menu, and the dialog in which the name is typed. */
export function useTypedRemoval({
  label,
  hint,
  remove,
}: {
  readonly label: string;
  readonly hint: string;
  readonly remove: (name: string) => void;
}): TypedRemoval {
  const [removing, setRemoving] = useState<string>();
  const close = (): void => setRemoving(undefined);
  return {
    itemsOf: (name) => [{ label, icon: "trash", tone: "danger", onSelect: () => setRemoving(name) }],
    dialog: (
      <TypeNameDialog
        name={removing}
        title={label}
        hint={hint}
        action={label}
        onClose={close}
        onConfirm={() => {
          if (removing !== undefined) remove(removing);
          close();
        }}
      />
    ),
  };
}
