"use client";

import { Button } from "./button.tsx";
import { CodeBlock } from "./copy-button.tsx";
import { Notice } from "./notice.tsx";

export interface KeyOnceProps {
  /** What was made. */
  readonly title: string;
  /** That it is shown this once. */
  readonly hint: string;
  readonly value: string;
  readonly label: string;
  /** Of the button that leaves it. */
  readonly done: string;
  readonly onDone: () => void;
}

/** A key that nobody can read again, in the dialog in which it was made. */
export function KeyOnce({ title, hint, value, label, done, onDone }: KeyOnceProps) {
  return (
    <div className="flex flex-col gap-4">
      <Notice tone="ok" title={title}>
        {hint}
      </Notice>
      <CodeBlock code={value} label={label} />
      <div className="flex justify-end">
        <Button tone="primary" onClick={onDone}>
          {done}
        </Button>
      </div>
    </div>
  );
}
