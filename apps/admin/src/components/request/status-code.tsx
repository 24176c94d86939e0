import { useTranslations } from "use-intl";
import { StatusDot, type Tone } from "../ui/badge.tsx";

/** The status, with a shape and colour by its class; `–` when no response was given. */
export function StatusCode({ status }: { readonly status: number }) {
  const t = useTranslations("requests");
  if (status === 0) {
    return (
      <span title={t("noStatus")}>
        <StatusDot tone="bad">–</StatusDot>
      </span>
    );
  }
  return <StatusDot tone={toneOf(status)}>{status}</StatusDot>;
}

function toneOf(status: number): Tone {
  if (status >= 500) return "bad";
  if (status >= 400) return "warn";
  return status >= 300 ? "info" : "ok";
}
