import { RESOURCE_KINDS } from "@sluice/config";
import { z } from "zod";

const TEXT_LENGTH_MAX = 4 * 1024 * 1024;

export const kindInput = z.enum(RESOURCE_KINDS);
export const refInput = z.object({ kind: kindInput, name: z.string().max(1024) });
export const textInput = z.string().max(TEXT_LENGTH_MAX);

const path = z.string().max(4096);
const position = z.number().int().min(0).max(1_000_000);

export const editInput = z.discriminatedUnion("op", [
  z.object({ op: z.literal("set"), path, value: z.unknown() }),
  z.object({ op: z.literal("remove"), path }),
  z.object({ op: z.literal("insert"), path, index: position, value: z.unknown() }),
  z.object({ op: z.literal("move"), path, from: position, to: position }),
]);
