import type { Actor } from "../contract.ts";

/** Automatic transitions are done in this name. */
export const SYSTEM_ACTOR: Actor = { id: "system", name: "Sluice", role: "admin" };
