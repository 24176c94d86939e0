"use client";

import { ThemeProvider } from "next-themes";
import { Tooltip } from "radix-ui";
import type { ReactNode } from "react";
import { IntlProvider } from "use-intl";
import { ToastProvider } from "../components/ui/toast.tsx";

export interface ProvidersProps {
  readonly locale: string;
  readonly messages: Record<string, Record<string, unknown>>;
  /** That somebody chose; undefined: the browser's own. */
  readonly timeZone: string | undefined;
  readonly nonce: string;
  readonly children: ReactNode;
}

/** Language, theme and toasts: what every page has, signed in or not. */
export function Providers({ locale, messages, timeZone, nonce, children }: ProvidersProps) {
  return (
    <ThemeProvider attribute="class" defaultTheme="system" nonce={nonce} disableTransitionOnChange>
      <IntlProvider
        locale={locale}
        messages={messages}
        timeZone={timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone}
      >
        <Tooltip.Provider delayDuration={300}>
          <ToastProvider>{children}</ToastProvider>
        </Tooltip.Provider>
      </IntlProvider>
    </ThemeProvider>
  );
}
