import { jointOf, type Reason, type ReasonPart, reasonText } from "@sluice/config/contract";
import { useTranslations } from "use-intl";
import { useQuantity } from "../ui/quantity.tsx";

/** Why a rollout moved, in the reader's language; what was stored before reasons had codes stays as it was written. */
export function useReasonWords(): (words: Reason | undefined, text: string | undefined) => string {
  const t = useTranslations("rollout.reasons");
  const joints = useTranslations("rollout.joints");
  const sync = useTranslations("nodes.sync");
  const kinds = useTranslations("config.kinds");
  const quantity = useQuantity();
  const shown = ({ code, values }: ReasonPart): Record<string, string | number> => {
    const of = { ...values };
    if (code === "error_rates" || code === "error_rate_rise")
      for (const name of ["newer", "older", "rise"])
        if (name in of) of[name] = quantity(Number(of[name]), "ratio");
    if (code === "latencies")
      for (const name of ["newer", "older"]) of[name] = quantity(Number(of[name]), "milliseconds");
    if ("deviations" in of) of.deviations = Number(of.deviations).toFixed(1);
    const state = STATES.find((known) => known === of.sync);
    if (state !== undefined) of.sync = sync(state);
    const kind = KINDS.find((known) => known === of.kind);
    if (kind !== undefined) of.kind = kinds(`${kind}.title`);
    return of;
  };
  return (words, text) => {
    // A newer server may know more codes than this page.
    if (words === undefined || !words.every(({ code }) => t.has(code)))
      return text ?? (words === undefined ? "" : reasonText(words));
    return words
      .map((part, index) => {
        const before = words[index - 1];
        return `${before === undefined ? "" : joints(jointOf(before, part))}${t(part.code, shown(part))}`;
      })
      .join("");
  };
}

const STATES = ["pending", "sent", "acknowledged", "effective", "refused", "disconnected"] as const;
const KINDS = ["listeners", "routes", "clusters", "endpoints", "secrets"] as const;
