import { create } from "@bufbuild/protobuf";
import { type Duration, DurationSchema, type Timestamp, TimestampSchema } from "@bufbuild/protobuf/wkt";

/** Undefined stays so: a time that has not come. */
export function durationOf(ms: number | undefined): Duration | undefined {
  if (ms === undefined) return undefined;
  const nanos = BigInt(Math.round(ms * 1e6));
  return create(DurationSchema, { seconds: nanos / 1_000_000_000n, nanos: Number(nanos % 1_000_000_000n) });
}

export function timestampOf(wallMs: number): Timestamp {
  const micros = BigInt(Math.round(wallMs * 1000));
  return create(TimestampSchema, {
    seconds: micros / 1_000_000n,
    nanos: Number(micros % 1_000_000n) * 1000,
  });
}
