import type { ExplainInput } from "@sluice/config";

/** The form's fields, as typed; kept in the page's address under the same names. */
export const EXPLAIN_FIELDS = [
  "source",
  "method",
  "url",
  "headers",
  "listener",
  "ip",
  "sni",
  "alpn",
] as const;
export type ExplainField = (typeof EXPLAIN_FIELDS)[number];
export type ExplainForm = Readonly<Record<ExplainField, string>>;

export const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "CONNECT"] as const;

export const EMPTY_FORM: ExplainForm = {
  source: "draft",
  method: "GET",
  url: "",
  headers: "",
  listener: "",
  ip: "",
  sni: "",
  alpn: "",
};

export type FormProblem = "url" | "headers";

/** The request that the form describes, or the field that is wrong. Headers stand one a line, `name: value`. */
export function explainQuery(form: ExplainForm): ExplainInput | FormProblem {
  if (form.url.trim() === "") return "url";
  const lines = form.headers.split("\n").filter((line) => line.trim() !== "");
  const headers = lines.map((line) => {
    const colon = line.indexOf(":");
    return { name: line.slice(0, colon).trim(), value: line.slice(colon + 1).trim() };
  });
  if (lines.some((line) => line.indexOf(":") < 1)) return "headers";
  const number = Number(form.source);
  const alpn = form.alpn
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  return {
    source: Number.isInteger(number) && number > 0 ? number : form.source === "live" ? "live" : "draft",
    method: form.method.trim() || "GET",
    url: form.url.trim(),
    headers,
    ...(form.listener.trim() === "" ? {} : { listener: form.listener.trim() }),
    ...(form.ip.trim() === "" ? {} : { clientIp: form.ip.trim() }),
    ...(form.sni.trim() === "" ? {} : { sni: form.sni.trim() }),
    ...(alpn.length === 0 ? {} : { alpn }),
  };
}
