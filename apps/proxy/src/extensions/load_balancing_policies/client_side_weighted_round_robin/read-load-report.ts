import type { HeaderMap } from "@sluice/extension-api";
import { decodeLoadReport } from "./decode-load-report.ts";
import { emptyLoadReport, type LoadReport } from "./load-report.ts";

const FIELDS: Readonly<
  Record<string, "cpuUtilization" | "memUtilization" | "applicationUtilization" | "rpsFractional" | "eps">
> = {
  cpu_utilization: "cpuUtilization",
  mem_utilization: "memUtilization",
  application_utilization: "applicationUtilization",
  rps_fractional: "rpsFractional",
  eps: "eps",
};
const MAPS: Readonly<Record<string, "requestCost" | "utilization" | "namedMetrics">> = {
  request_cost: "requestCost",
  utilization: "utilization",
  named_metrics: "namedMetrics",
};
const NAMED = "named_metrics.";

/** The load report of a response; undefined when there is none, more than one or one that cannot be read. */
export function readLoadReport(headers: Pick<HeaderMap, "get" | "getAll">): LoadReport | undefined {
  const text = headers.getAll("endpoint-load-metrics");
  const json = headers.get("endpoint-load-metrics-json");
  const binary = headers.get("endpoint-load-metrics-bin");
  if (text !== undefined) return json === undefined && binary === undefined ? readText(text) : undefined;
  if (json !== undefined) return binary === undefined ? readJson(json) : undefined;
  return binary === undefined ? undefined : decodeLoadReport(Buffer.from(binary, "base64"));
}

/** `cpu_utilization: 0.3, named_metrics.queue: 0.1` */
function readText(text: string): LoadReport | undefined {
  const report = emptyLoadReport();
  const seen = new Set<string>();
  for (const part of text.split(",")) {
    const colon = part.indexOf(":");
    const name = part.slice(0, Math.max(colon, 0)).trim();
    const written = part.slice(colon + 1).trim();
    const value = Number(written);
    if (name === "" || written === "" || !Number.isFinite(value) || seen.has(name)) return undefined;
    seen.add(name);
    const field = FIELDS[name];
    if (field !== undefined) report[field] = value;
    else if (name.startsWith(NAMED) && name.length > NAMED.length) {
      report.namedMetrics.set(name.slice(NAMED.length), value);
    } else return undefined;
  }
  return report;
}

/** Protobuf's JSON, with either spelling of names. */
function readJson(text: string): LoadReport | undefined {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof given !== "object" || given === null) return undefined;
  const report = emptyLoadReport();
  for (const [name, value] of Object.entries(given)) {
    const snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    const field = FIELDS[snake];
    const map = MAPS[snake];
    if (field !== undefined) {
      if (!isFiniteNumber(value)) return undefined;
      report[field] = Number(value);
    } else if (map !== undefined && typeof value === "object" && value !== null) {
      for (const [key, each] of Object.entries(value)) {
        if (!isFiniteNumber(each)) return undefined;
        report[map].set(key, Number(each));
      }
    } else if (snake !== "rps") return undefined;
  }
  return report;
}

function isFiniteNumber(value: unknown): boolean {
  return (
    (typeof value === "number" || typeof value === "string") && value !== "" && Number.isFinite(Number(value))
  );
}
