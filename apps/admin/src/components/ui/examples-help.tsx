"use client";

import { useState } from "react";
import { IconButton } from "./button.tsx";
import { Dialog } from "./dialog.tsx";

export interface ExamplesHelpProps {
  /** Of the button that opens it. */
  readonly label: string;
  readonly title: string;
  readonly intro: string;
  readonly examples: readonly { readonly expression: string; readonly meaning: string }[];
  readonly onTry: (expression: string) => void;
}

/** A small language by examples; a press on one takes it. */
export function ExamplesHelp({ label, title, intro, examples, onTry }: ExamplesHelpProps) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <IconButton icon="info" label={label} onClick={() => setOpen(true)} />
      <Dialog open={open} onOpenChange={setOpen} title={title} description={intro}>
        <ul className="flex flex-col gap-1">
          {examples.map(({ expression, meaning }) => (
            <li key={expression}>
              <button
                type="button"
                onClick={() => {
                  onTry(expression);
                  setOpen(false);
                }}
                className="flex w-full flex-wrap items-baseline justify-between gap-x-4 rounded-md px-2 py-1.5 text-left hover:bg-hover"
              >
                <code className="font-mono text-xs wrap-anywhere">{expression}</code>
                <span className="text-xs text-muted">{meaning}</span>
              </button>
            </li>
          ))}
        </ul>
      </Dialog>
    </>
  );
}
