"use client";

import { useState } from "react";
import { useTranslations } from "use-intl";
import { IconButton } from "./button.tsx";
import { classes } from "./classes.ts";

export function CopyButton({ text, label }: { readonly text: string; readonly label?: string }) {
  const t = useTranslations("common");
  const [copied, setCopied] = useState(false);
  return (
    <IconButton
      size="sm"
      icon={copied ? "check" : "copy"}
      label={copied ? t("copied") : (label ?? t("copy"))}
      onClick={() => {
        void navigator.clipboard.writeText(text).then(() => {
          setCopied(true);
          setTimeout(() => setCopied(false), 1_500);
        });
      }}
    />
  );
}

/** Something to take elsewhere: a command, a bootstrap. */
export function CodeBlock({
  code,
  label,
  tall = false,
}: {
  readonly code: string;
  readonly label: string;
  /** As high as the window lets it. */
  readonly tall?: boolean;
}) {
  return (
    <div className="relative rounded-lg border border-line bg-sunken">
      <section
        aria-label={label} // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        tabIndex={0}
        className={classes("overflow-auto p-3 pr-10", tall ? "max-h-[70vh]" : "max-h-96")}
      >
        <pre className="font-mono text-xs whitespace-pre">{code}</pre>
      </section>
      <span className="absolute top-1.5 right-1.5">
        <CopyButton text={code} />
      </span>
    </div>
  );
}
