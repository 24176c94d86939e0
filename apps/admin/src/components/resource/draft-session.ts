import { type MergeStep, mergeEdits } from "@sluice/config/browser";
import type { ConfigProblem, DraftResource, FieldEdit, ResourceKind } from "./config-types.ts";

/** `saved`: the draft has this text. `waiting`: the server is away; it is tried again. `refused`: see `refusal`. */
export type SaveState = "saved" | "dirty" | "saving" | "waiting" | "conflict" | "refused";

export interface Theirs {
  /** Undefined: they removed it. */
  readonly yaml: string | undefined;
  readonly revision: number;
  readonly by: string | undefined;
}

export interface DraftSnapshot {
  readonly name: string;
  readonly text: string;
  readonly revision: number;
  readonly change: DraftResource["change"];
  readonly state: SaveState;
  readonly problems: readonly ConfigProblem[];
  /** Only in state `conflict`. */
  readonly theirs: Theirs | undefined;
  /** Only in state `conflict`: the fields that both changed; empty when the texts could not be compared by field. */
  readonly conflicts: readonly MergeStep[];
  /** Whose changes were merged into this text just now, without a question. */
  readonly mergedWith: string | undefined;
  /** Only in state `refused`: what the server said. */
  readonly refusal: string | undefined;
}

/** What came of a put. */
export type PutOutcome =
  | { readonly ok: true; readonly resource: DraftResource }
  | { readonly ok: false; readonly reason: "conflict"; readonly theirs: Theirs }
  | { readonly ok: false; readonly reason: "away" }
  | { readonly ok: false; readonly reason: "refused"; readonly message: string };

export interface MergeOutcome {
  readonly theirs: { readonly yaml: string; readonly revision: number; readonly by: string };
  readonly steps: readonly MergeStep[];
}

export interface DraftSessionOptions {
  readonly kind: ResourceKind;
  readonly resource: DraftResource;
  /** Never rejects. */
  readonly put: (input: { name: string; yaml: string; expectedRevision: number }) => Promise<PutOutcome>;
  /** Checks a text that is not saved yet; undefined when the server is away. */
  readonly check: (name: string, yaml: string) => Promise<readonly ConfigProblem[] | undefined>;
  /** Merges the text with what is in the draft now, by field; undefined when they cannot be compared. */
  readonly merge: (input: {
    name: string;
    baseYaml: string;
    yaml: string;
  }) => Promise<MergeOutcome | undefined>;
  readonly applyEdits: (yaml: string, edits: readonly FieldEdit[]) => string;
  /** Keeps what is typed until the server has it; undefined for secrets, which must not lie about in a browser. */
  readonly backup: DraftBackup | undefined;
}

export interface DraftBackup {
  read(): { readonly text: string; readonly revision: number } | undefined;
  write(text: string, revision: number): void;
  clear(): void;
}

const SAVE_AFTER_MS = 700;
const CHECK_AFTER_MS = 250;
const RETRY_AFTER_MS = 2_000;

/**
 * The one draft behind form and YAML: every edit changes the text, the text is saved by itself, and nothing typed is lost:
 * not to a reload, a sign-out, a server that is away, or somebody else's change, which is merged by field; what both changed is kept
 * until one is chosen.
 */
export class DraftSession {
  readonly #options: DraftSessionOptions;
  readonly #listeners = new Set<() => void>();
  #snapshot: DraftSnapshot;
  #saveTimer: ReturnType<typeof setTimeout> | undefined;
  #checkTimer: ReturnType<typeof setTimeout> | undefined;
  #saving = false;
  #closed = false;
  /** The server's text of the snapshot's revision, which a merge begins from; undefined when it is not known here. */
  #base: string | undefined;
  /** Of the merge that `conflicts` are from. */
  #steps: readonly MergeStep[] = [];

  constructor(options: DraftSessionOptions) {
    const { resource, backup } = options;
    this.#options = options;
    this.#snapshot = {
      name: resource.name,
      text: resource.yaml,
      revision: resource.revision,
      change: resource.change,
      state: "saved",
      problems: resource.problems,
      theirs: undefined,
      conflicts: [],
      mergedWith: undefined,
      refusal: undefined,
    };
    this.#base = resource.yaml;
    const kept = backup?.read();
    if (!kept) return;
    if (kept.text === resource.yaml) backup?.clear();
    else if (kept.revision === resource.revision) this.setText(kept.text);
    else {
      this.#base = undefined;
      this.#set({
        text: kept.text,
        state: "conflict",
        theirs: { yaml: resource.yaml, revision: resource.revision, by: resource.updatedBy },
      });
    }
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly snapshot = (): DraftSnapshot => this.#snapshot;

  setText(text: string): void {
    if (text === this.#snapshot.text) return;
    const inConflict = this.#snapshot.state === "conflict";
    this.#options.backup?.write(text, this.#snapshot.revision);
    this.#set({ text, state: inConflict ? "conflict" : "dirty", mergedWith: undefined, refusal: undefined });
    this.#checkSoon();
    if (!inConflict) this.#saveSoon(SAVE_AFTER_MS);
  }

  /** Applies a form's edits to the text; answers why it cannot, when the text is no YAML. */
  edit(edits: readonly FieldEdit[]): string | undefined {
    try {
      this.setText(this.#options.applyEdits(this.#snapshot.text, edits));
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** The server's copy, read again: taken over when nothing is typed here that it does not have. */
  serverHas(resource: DraftResource): void {
    const { state, revision } = this.#snapshot;
    if (state !== "saved" || this.#saving || resource.revision < revision) return;
    this.#take(resource);
  }

  /** Ends a conflict: `mine` overwrites what they did, `theirs` drops what was typed here. */
  resolve(choice: "mine" | "theirs"): void {
    const { theirs, text } = this.#snapshot;
    if (!theirs) return;
    if (choice === "theirs" && theirs.yaml !== undefined) {
      this.#options.backup?.clear();
      this.#base = theirs.yaml;
      this.#set({
        text: theirs.yaml,
        revision: theirs.revision,
        state: "saved",
        theirs: undefined,
        conflicts: [],
      });
      this.#checkSoon();
      return;
    }
    this.#base = theirs.yaml;
    this.#options.backup?.write(text, theirs.revision);
    this.#set({ revision: theirs.revision, state: "dirty", theirs: undefined, conflicts: [] });
    this.#saveSoon(0);
  }

  /** Ends a conflict field by field: theirs, with all that only we changed, and ours at the paths that `mine` says yes to. */
  resolveFields(mine: (path: string) => boolean): void {
    const { theirs, conflicts } = this.#snapshot;
    if (theirs?.yaml === undefined || conflicts.length === 0) return;
    this.#takeMerge({ ...theirs, yaml: theirs.yaml }, this.#steps, mine);
  }

  /** Saves now what is not saved yet. */
  flush(): void {
    if (this.#snapshot.state === "dirty" || this.#snapshot.state === "waiting") this.#saveSoon(0);
  }

  /** The page goes away: what is not saved is sent now, and stays in the backup until it has arrived. */
  close(): void {
    this.flush();
    this.#closed = true;
    clearTimeout(this.#checkTimer);
    this.#listeners.clear();
  }

  #saveSoon(afterMs: number): void {
    clearTimeout(this.#saveTimer);
    if (afterMs === 0) void this.#save();
    else if (!this.#closed) this.#saveTimer = setTimeout(() => void this.#save(), afterMs);
  }

  async #save(): Promise<void> {
    if (this.#saving) return;
    const { name, text, revision } = this.#snapshot;
    this.#saving = true;
    this.#set({ state: "saving" });
    const outcome = await this.#options.put({ name, yaml: text, expectedRevision: revision });
    this.#saving = false;
    const typedMeanwhile = this.#snapshot.text !== text;
    if (outcome.ok) {
      if (!typedMeanwhile) {
        this.#options.backup?.clear();
        this.#take(outcome.resource);
        return;
      }
      const { resource } = outcome;
      this.#base = resource.yaml;
      this.#options.backup?.write(this.#snapshot.text, resource.revision);
      this.#set({
        name: resource.name,
        revision: resource.revision,
        change: resource.change,
        state: "dirty",
      });
      this.#saveSoon(SAVE_AFTER_MS);
    } else if (outcome.reason === "conflict") await this.#mergeOrAsk(outcome.theirs);
    else if (outcome.reason === "away") {
      this.#set({ state: "waiting" });
      this.#saveSoon(RETRY_AFTER_MS);
    } else {
      this.#set({ state: typedMeanwhile ? "dirty" : "refused", refusal: outcome.message });
      if (typedMeanwhile) this.#saveSoon(SAVE_AFTER_MS);
    }
  }

  #checkSoon(): void {
    clearTimeout(this.#checkTimer);
    if (!this.#closed) this.#checkTimer = setTimeout(() => void this.#check(), CHECK_AFTER_MS);
  }

  async #check(): Promise<void> {
    const { name, text } = this.#snapshot;
    const problems = await this.#options.check(name, text);
    if (problems && this.#snapshot.text === text) this.#set({ problems });
  }

  /** Somebody else changed it: both changes are kept, and only what both changed differently is asked. */
  async #mergeOrAsk(theirs: Theirs): Promise<void> {
    this.#set({ state: "conflict", theirs, conflicts: [] });
    const baseYaml = this.#base;
    if (baseYaml === undefined || theirs.yaml === undefined) return;
    const { name, text } = this.#snapshot;
    const merged = await this.#options.merge({ name, baseYaml, yaml: text });
    if (merged === undefined || this.#snapshot.state !== "conflict") return;
    // Typed on meanwhile: the merge is of a text that is no more.
    if (this.#snapshot.text !== text) return await this.#mergeOrAsk(merged.theirs);
    this.#steps = merged.steps;
    const conflicts = merged.steps.filter(({ conflict }) => conflict);
    if (conflicts.length > 0) this.#set({ theirs: merged.theirs, conflicts });
    else this.#takeMerge(merged.theirs, merged.steps, () => false);
  }

  #takeMerge(
    theirs: Theirs & { readonly yaml: string },
    steps: readonly MergeStep[],
    mine: (path: string) => boolean,
  ): void {
    const text = this.#options.applyEdits(theirs.yaml, mergeEdits(steps, mine));
    this.#base = theirs.yaml;
    this.#options.backup?.write(text, theirs.revision);
    const merged = {
      text,
      revision: theirs.revision,
      theirs: undefined,
      conflicts: [],
      mergedWith: theirs.by,
    };
    this.#set({ ...merged, state: "dirty" });
    this.#checkSoon();
    this.#saveSoon(0);
  }

  #take(resource: DraftResource): void {
    this.#base = resource.yaml;
    this.#set({
      name: resource.name,
      text: resource.yaml,
      revision: resource.revision,
      change: resource.change,
      problems: resource.problems,
      state: "saved",
      theirs: undefined,
      conflicts: [],
      refusal: undefined,
    });
  }

  #set(part: Partial<DraftSnapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...part };
    for (const listener of this.#listeners) listener();
  }
}
