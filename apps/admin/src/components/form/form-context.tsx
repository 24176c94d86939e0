"use client";

import { createContext, type ReactNode, useContext } from "react";
import type { ConfigProblem, FieldEdit } from "../resource/config-types.ts";
import { listAt, textAt, valueAt } from "../resource/field-value.ts";
import { problemAt } from "../resource/problems-at.ts";

export interface FormState {
  /** The resource as plain data; changes with the text. */
  readonly value: unknown;
  readonly problems: readonly ConfigProblem[];
  readonly readOnly: boolean;
  /** Field to show first: what holds it is open, and it has the focus. */
  readonly at?: string | undefined;
  readonly edit: (edits: readonly FieldEdit[]) => void;
}

const FormContext = createContext<FormState | undefined>(undefined);

export function FormProvider({
  state,
  children,
}: {
  readonly state: FormState;
  readonly children: ReactNode;
}) {
  return <FormContext value={state}>{children}</FormContext>;
}

export function useForm(): FormState {
  const state = useContext(FormContext);
  if (!state) throw new Error("a form field stands outside a form");
  return state;
}

export interface FormField {
  readonly text: string;
  readonly error: string | undefined;
  readonly warning: string | undefined;
  readonly readOnly: boolean;
  /** `undefined` removes the field. */
  readonly set: (value: unknown) => void;
}

/**
 * One field of the form: its value, its problem and how to change it.
 *
 * @param problemsBelow also shows problems of the parts that have no control of their own
 */
export function useFormField(path: string, problemsBelow = false): FormField {
  const { value, problems, readOnly, edit } = useForm();
  const problem = problemAt(problems, path, problemsBelow);
  return {
    text: textAt(value, path),
    error: problem?.severity === "error" ? problem.message : undefined,
    warning: problem?.severity === "warning" ? problem.message : undefined,
    readOnly,
    set: (next) => edit([next === undefined ? { op: "remove", path } : { op: "set", path, value: next }]),
  };
}

export interface FormList {
  readonly items: readonly unknown[];
  readonly path: string;
  readonly readOnly: boolean;
  /** Default: at the end. */
  readonly insert: (value: unknown, index?: number) => void;
  readonly remove: (index: number) => void;
  readonly move: (from: number, to: number) => void;
}

export function useFormList(path: string): FormList {
  const { value, readOnly, edit } = useForm();
  const items = listAt(value, path);
  return {
    items,
    path,
    readOnly,
    insert(item, index = items.length) {
      edit([{ op: "insert", path, index, value: item }]);
    },
    remove(index) {
      // A single value stands for a list of one: then the whole field goes.
      const single = items.length === 1 && !Array.isArray(valueAt(value, path));
      edit([{ op: "remove", path: single ? path : `${path}[${index}]` }]);
    },
    move(from, to) {
      if (to >= 0 && to < items.length && from !== to) edit([{ op: "move", path, from, to }]);
    },
  };
}
