import { emptyOrcaReport, type OrcaReport } from "./orca-report.ts";

/** Field numbers of xds.data.orca.v3.OrcaLoadReport. */
const DOUBLES: Readonly<
  Record<number, "cpuUtilization" | "memUtilization" | "applicationUtilization" | "rpsFractional" | "eps">
> = {
  1: "cpuUtilization",
  2: "memUtilization",
  6: "rpsFractional",
  7: "eps",
  9: "applicationUtilization",
};
const MAPS: Readonly<Record<number, "requestCost" | "utilization" | "namedMetrics">> = {
  4: "requestCost",
  5: "utilization",
  8: "namedMetrics",
};

/** The wire format of an OrcaLoadReport; undefined when it is broken. Unknown fields are passed over. */
export function decodeOrcaReport(bytes: Buffer): OrcaReport | undefined {
  const report = emptyOrcaReport();
  const whole = eachField(bytes, (field, value) => {
    const name = DOUBLES[field];
    if (name !== undefined && typeof value === "number") report[name] = value;
    const map = MAPS[field];
    if (map === undefined || !Buffer.isBuffer(value)) return;
    let key = "";
    let amount = 0;
    eachField(value, (part, content) => {
      if (part === 1 && Buffer.isBuffer(content)) key = content.toString("utf8");
      if (part === 2 && typeof content === "number") amount = content;
    });
    report[map].set(key, amount);
  });
  return whole ? report : undefined;
}

/** Calls `visit` with doubles as numbers and texts as buffers; false when the message is cut short or malformed. */
function eachField(bytes: Buffer, visit: (field: number, value: number | Buffer) => void): boolean {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; at < bytes.length && shift < 70; shift += 7) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    return -1;
  };
  while (at < bytes.length) {
    const tag = varint();
    if (tag < 0) return false;
    const field = Math.floor(tag / 8);
    const length = lengthOf(tag % 8, varint);
    if (length < 0 || at + length > bytes.length) return false;
    if (tag % 8 === 1) visit(field, bytes.readDoubleLE(at));
    else if (tag % 8 === 2) visit(field, bytes.subarray(at, at + length));
    at += length;
  }
  return true;
}

/** How many octets of content follow; a varint is read here and has none left. */
function lengthOf(wireType: number, varint: () => number): number {
  switch (wireType) {
    case 0:
      return varint() < 0 ? -1 : 0;
    case 1:
      return 8;
    case 2:
      return varint();
    case 5:
      return 4;
    default:
      return -1;
  }
}
