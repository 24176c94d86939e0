"use client";

import { createContext, type ReactNode, useCallback, useContext, useMemo, useRef, useState } from "react";
import { useTranslations } from "use-intl";
import { Button, IconButton } from "./button.tsx";
import { Icon } from "./icon.tsx";

export interface ToastMessage {
  readonly text: string;
  readonly tone?: "ok" | "bad";
  /** Shown as a button; pressing it also takes the toast away. */
  readonly undo?: () => void | Promise<void>;
}

interface Shown extends ToastMessage {
  readonly id: number;
}

const ToastContext = createContext<(message: ToastMessage) => void>(() => {});
const SHOWN_MS = 8_000;

/** Says what was done and offers to take it back. */
export function useToast(): (message: ToastMessage) => void {
  return useContext(ToastContext);
}

export function ToastProvider({ children }: { readonly children: ReactNode }) {
  const [shown, setShown] = useState<readonly Shown[]>([]);
  const next = useRef(1);
  const t = useTranslations("common");
  const hide = useCallback((id: number) => setShown((now) => now.filter((toast) => toast.id !== id)), []);
  const show = useCallback(
    (message: ToastMessage) => {
      const id = next.current++;
      setShown((now) => [...now.slice(-2), { ...message, id }]);
      setTimeout(() => hide(id), SHOWN_MS);
    },
    [hide],
  );
  const region = useMemo(
    () => (
      <section
        aria-label={t("notifications")}
        aria-live="polite"
        className="pointer-events-none fixed right-4 bottom-4 z-50 flex w-80 max-w-[calc(100vw-2rem)] flex-col gap-2"
      >
        {shown.map((toast) => (
          <div
            key={toast.id}
            className="pointer-events-auto flex items-center gap-2 rounded-lg border border-line bg-surface py-2 pr-2 pl-3 text-sm shadow-pop"
          >
            <Icon
              name={toast.tone === "bad" ? "error" : "ok"}
              className={toast.tone === "bad" ? "text-bad" : "text-ok"}
            />
            <span className="min-w-0 flex-1 break-words">{toast.text}</span>
            {toast.undo && (
              <Button
                size="sm"
                onClick={() => {
                  hide(toast.id);
                  void toast.undo?.();
                }}
              >
                {t("undo")}
              </Button>
            )}
            <IconButton icon="close" size="sm" label={t("close")} onClick={() => hide(toast.id)} />
          </div>
        ))}
      </section>
    ),
    [shown, hide, t],
  );
  return (
    <ToastContext value={show}>
      {children}
      {region}
    </ToastContext>
  );
}
