import type { Metadata, Viewport } from "next";
import { cookies, headers } from "next/headers";
import type { ReactNode } from "react";
import { loadMessages } from "../i18n/load-messages.ts";
import { requestLocale } from "../i18n/request-locale.ts";
import { readTimeZone, TIME_ZONE_COOKIE } from "../i18n/time-zone.ts";
import { Providers } from "./providers.tsx";
import { readAppliance } from "./read-appliance.ts";
import "./globals.css";

export async function generateMetadata(): Promise<Metadata> {
  const name = (await readAppliance()).name || "Sluice";
  return {
    title: { default: name, template: `%s · ${name}` },
    robots: { index: false, follow: false },
  };
}

export const viewport: Viewport = { width: "device-width", initialScale: 1 };

export default async function RootLayout({ children }: { children: ReactNode }) {
  const [locale, requestHeaders, jar, appliance] = await Promise.all([
    requestLocale(),
    headers(),
    cookies(),
    readAppliance(),
  ]);
  return (
    <html lang={locale} suppressHydrationWarning>
      <body>
        <Providers
          locale={locale}
          messages={await loadMessages(locale)}
          timeZone={readTimeZone(jar.get(TIME_ZONE_COOKIE)?.value) ?? readTimeZone(appliance.timeZone)}
          nonce={requestHeaders.get("x-nonce") ?? ""}
        >
          {children}
        </Providers>
      </body>
    </html>
  );
}
