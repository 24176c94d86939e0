import type { HeaderMap } from "@sluice/extension-api";
import { decodeOrcaReport } from "./decode-orca-report.ts";
import { emptyOrcaReport, type OrcaReport } from "./orca-report.ts";

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
const UTILIZATION = "utilization.";

/** The load report of a response; undefined when there is none or it cannot be read. */
export function readOrcaReport(headers: Pick<HeaderMap, "get">): OrcaReport | undefined {
  const binary = headers.get("endpoint-load-metrics-bin");
  if (binary !== undefined) return decodeOrcaReport(Buffer.from(binary, "base64"));
  const value = headers.get("endpoint-load-metrics");
  if (value === undefined) return undefined;
  const content = value.slice(5);
  switch (value.slice(0, 5)) {
    case "TEXT ":
      return readText(content);
    case "JSON ":
      return readJson(content);
    default:
      return value.startsWith("BIN ") ? decodeOrcaReport(Buffer.from(value.slice(4), "base64")) : undefined;
  }
}

/** `cpu_utilization=0.3,named_metrics.queue=0.1` */
function readText(text: string): OrcaReport | undefined {
  const report = emptyOrcaReport();
  const seen = new Set<string>();
  for (const part of text.split(",")) {
    const equals = part.indexOf("=");
    const name = part.slice(0, Math.max(equals, 0)).trim();
    const written = part.slice(equals + 1).trim();
    const value = Number(written);
    if (name === "" || written === "" || !Number.isFinite(value) || seen.has(name)) return undefined;
    seen.add(name);
    const field = FIELDS[name];
    if (field !== undefined) report[field] = value;
    else if (name.startsWith(NAMED) && name.length > NAMED.length) {
      report.namedMetrics.set(name.slice(NAMED.length), value);
    } else if (name.startsWith(UTILIZATION) && name.length > UTILIZATION.length) {
      report.utilization.set(name.slice(UTILIZATION.length), value);
    } else return undefined;
  }
  return report;
}

/** Protobuf's JSON, with either spelling of names. */
function readJson(text: string): OrcaReport | undefined {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof given !== "object" || given === null) return undefined;
  const report = emptyOrcaReport();
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
