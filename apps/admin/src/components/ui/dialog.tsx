"use client";

import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { IconButton } from "./button.tsx";
import { classes } from "./classes.ts";

export interface DialogProps {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  readonly title: string;
  readonly description?: string;
  readonly children: ReactNode;
  /** Buttons, the main one last. */
  readonly footer?: ReactNode;
  readonly width?: "sm" | "md" | "lg";
  /** `drawer` comes from the right and leaves the page readable. */
  readonly kind?: "dialog" | "drawer";
}

const WIDTHS = { sm: "max-w-sm", md: "max-w-lg", lg: "max-w-3xl" };

/** Traps focus, closes with Escape, gives the focus back. */
export function Dialog({
  open,
  onOpenChange,
  title,
  description,
  children,
  footer,
  width = "md",
  kind = "dialog",
}: DialogProps) {
  const t = useTranslations("common");
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-[rgb(8_10_14/45%)]" />
        <Radix.Content
          {...(description ? {} : { "aria-describedby": undefined })}
          // To the first field, else to the dialog: on the closing button a tooltip would take the first Escape.
          onOpenAutoFocus={(event) => {
            event.preventDefault();
            const content = event.currentTarget as HTMLElement;
            (content.querySelector<HTMLElement>("input, select, textarea") ?? content).focus();
          }}
          className={classes(
            "fixed z-50 flex w-full flex-col border border-line bg-surface shadow-pop focus:outline-none",
            WIDTHS[width],
            kind === "drawer"
              ? "inset-y-0 right-0"
              : "top-[12vh] left-1/2 max-h-[76vh] w-[calc(100%-2rem)] -translate-x-1/2 rounded-lg",
          )}
        >
          <div className="flex items-start justify-between gap-4 border-b border-line px-4 py-3">
            <div>
              <Radix.Title className="text-base font-semibold">{title}</Radix.Title>
              {description && (
                <Radix.Description className="text-sm text-muted">{description}</Radix.Description>
              )}
            </div>
            <Radix.Close asChild>
              <IconButton icon="close" label={t("close")} size="sm" />
            </Radix.Close>
          </div>
          <div className="min-h-0 flex-1 overflow-y-auto p-4">{children}</div>
          {footer && <div className="flex justify-end gap-2 border-t border-line px-4 py-3">{footer}</div>}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
