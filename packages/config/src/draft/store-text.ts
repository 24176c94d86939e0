import type { Transaction } from "../access/executor.ts";
import type { Context } from "../contract.ts";
import type { DraftRow } from "./draft-rows.ts";
import { type StoredText, storeTexts } from "./store-texts.ts";

/** What `putResource` does, within the caller's transaction: `storeTexts` of one. Returns the row as stored. */
export async function storeText(tx: Transaction, context: Context, text: StoredText): Promise<DraftRow> {
  const [row] = await storeTexts(tx, context, [text]);
  if (row === undefined) throw new Error("a text was stored without a row");
  return row;
}
