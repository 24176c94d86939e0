import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { applyEdits, mergeFields } from "@sluice/config/browser";
import { parse } from "yaml";
import type { DraftResource } from "./config-types.ts";
import { type DraftBackup, DraftSession, type MergeOutcome, type PutOutcome } from "./draft-session.ts";

const BEGIN: DraftResource = {
  kind: "clusters",
  name: "web",
  yaml: "# kept\nname: web\n",
  json: { name: "web" },
  revision: 3,
  updatedAt: new Date(0),
  updatedBy: "Ada",
  change: "unchanged",
  problems: [],
};

interface Put {
  readonly yaml: string;
  readonly expectedRevision: number;
  readonly answer: (outcome: PutOutcome) => void;
}

/** A session over a server whose answers the test gives, with a clock that the test moves. */
function open(
  kept?: { text: string; revision: number },
  merge: (baseYaml: string, yaml: string) => MergeOutcome | undefined = () => undefined,
) {
  const puts: Put[] = [];
  let stored = kept;
  const backup: DraftBackup = {
    read: () => stored,
    write: (text, revision) => {
      stored = { text, revision };
    },
    clear: () => {
      stored = undefined;
    },
  };
  const session = new DraftSession({
    kind: "clusters",
    resource: BEGIN,
    applyEdits,
    backup,
    check: async () => [],
    merge: async (input) => merge(input.baseYaml, input.yaml),
    put: ({ yaml, expectedRevision }) =>
      new Promise((answer) => {
        puts.push({ yaml, expectedRevision, answer });
      }),
  });
  return { session, puts, stored: () => stored, state: () => session.snapshot().state };
}

const saved = (yaml: string, revision: number): PutOutcome => ({
  ok: true,
  resource: { ...BEGIN, yaml, revision, change: "modified" },
});

/** Lets answered promises run. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

function withClock(title: string, body: () => Promise<void>): void {
  test(title, async () => {
    mock.timers.enable({ apis: ["setTimeout"] });
    try {
      await body();
    } finally {
      mock.timers.reset();
    }
  });
}

withClock(
  "a form's edit keeps comments, is saved by itself and is then no longer kept in the browser",
  async () => {
    const { session, puts, stored, state } = open();
    session.edit([{ op: "set", path: "connect_timeout", value: "2s" }]);
    assert.equal(state(), "dirty");
    assert.match(stored()?.text ?? "", /2s/);
    mock.timers.tick(700);
    assert.equal(puts[0]?.expectedRevision, 3);
    assert.equal(puts[0]?.yaml, "# kept\nname: web\nconnect_timeout: 2s\n");
    puts[0]?.answer(saved(puts[0].yaml, 4));
    await settle();
    assert.equal(state(), "saved");
    assert.equal(stored(), undefined);
  },
);

withClock("what is typed while a save is under way is saved after it, from the new revision", async () => {
  const { session, puts, state } = open();
  session.setText("name: a\n");
  mock.timers.tick(700);
  session.setText("name: ab\n");
  puts[0]?.answer(saved("name: a\n", 4));
  await settle();
  assert.equal(session.snapshot().text, "name: ab\n");
  mock.timers.tick(700);
  assert.deepEqual([puts[1]?.yaml, puts[1]?.expectedRevision], ["name: ab\n", 4]);
  puts[1]?.answer(saved("name: ab\n", 5));
  await settle();
  assert.equal(state(), "saved");
});

withClock("a server that is away is tried again, and the text stays in the browser meanwhile", async () => {
  const { session, puts, stored, state } = open();
  session.setText("name: typed\n");
  mock.timers.tick(700);
  puts[0]?.answer({ ok: false, reason: "away" });
  await settle();
  assert.equal(state(), "waiting");
  assert.equal(stored()?.text, "name: typed\n");
  mock.timers.tick(2_000);
  puts[1]?.answer(saved("name: typed\n", 4));
  await settle();
  assert.equal(state(), "saved");
});

withClock("somebody else's change keeps both texts until one is chosen", async () => {
  for (const choice of ["mine", "theirs"] as const) {
    const { session, puts, state } = open();
    session.setText("name: mine\n");
    mock.timers.tick(700);
    puts[0]?.answer({
      ok: false,
      reason: "conflict",
      theirs: { yaml: "name: theirs\n", revision: 9, by: "Bo" },
    });
    await settle();
    assert.equal(state(), "conflict");
    session.setText("name: mine too\n");
    mock.timers.tick(5_000);
    assert.equal(puts.length, 1, "nothing is overwritten before a choice");
    session.resolve(choice);
    if (choice === "mine")
      assert.deepEqual([puts[1]?.yaml, puts[1]?.expectedRevision], ["name: mine too\n", 9]);
    else assert.deepEqual([session.snapshot().text, state()], ["name: theirs\n", "saved"]);
  }
});

const BOS = { yaml: "# kept\nname: web\ntype: STATIC\n", revision: 9, by: "Bo" };
const mergeWithBo = (baseYaml: string, yaml: string): MergeOutcome => ({
  theirs: BOS,
  steps: mergeFields(parse(baseYaml), parse(yaml), parse(BOS.yaml)),
});

withClock("changes of other fields are merged and saved without a question", async () => {
  const { session, puts, state, stored } = open(undefined, mergeWithBo);
  session.setText("# kept\nname: web\nconnect_timeout: 2s\n");
  mock.timers.tick(700);
  puts[0]?.answer({ ok: false, reason: "conflict", theirs: BOS });
  await settle();
  const merged = "# kept\nname: web\ntype: STATIC\nconnect_timeout: 2s\n";
  assert.deepEqual([puts[1]?.yaml, puts[1]?.expectedRevision], [merged, 9]);
  assert.deepEqual([session.snapshot().mergedWith, stored()?.text], ["Bo", merged]);
  puts[1]?.answer(saved(merged, 10));
  await settle();
  assert.equal(state(), "saved");
});

withClock("a field that both changed is asked for, and only that one", async () => {
  for (const mine of [true, false]) {
    const { session, puts, state } = open(undefined, mergeWithBo);
    session.setText("# kept\nname: web\ntype: EDS\nconnect_timeout: 2s\n");
    mock.timers.tick(700);
    puts[0]?.answer({ ok: false, reason: "conflict", theirs: BOS });
    await settle();
    assert.equal(state(), "conflict");
    assert.deepEqual(
      session.snapshot().conflicts.map(({ path, ours, theirs }) => [path, ours, theirs]),
      [["type", "EDS", "STATIC"]],
    );
    session.resolveFields(() => mine);
    assert.equal(puts[1]?.yaml, `# kept\nname: web\ntype: ${mine ? "EDS" : "STATIC"}\nconnect_timeout: 2s\n`);
    assert.equal(puts[1]?.expectedRevision, 9);
  }
});

withClock(
  "a text kept by an earlier visit comes back; as a conflict when the draft went on meanwhile",
  async () => {
    const same = open({ text: "name: kept\n", revision: 3 });
    assert.equal(same.session.snapshot().text, "name: kept\n");
    mock.timers.tick(700);
    assert.equal(same.puts[0]?.yaml, "name: kept\n");
    const older = open({ text: "name: kept\n", revision: 2 });
    assert.equal(older.state(), "conflict");
    assert.equal(older.session.snapshot().theirs?.yaml, BEGIN.yaml);
  },
);

withClock("the server's newer copy is taken over only when nothing is typed here", async () => {
  const { session } = open();
  session.serverHas({ ...BEGIN, yaml: "name: newer\n", revision: 4 });
  assert.equal(session.snapshot().text, "name: newer\n");
  session.setText("name: typed\n");
  session.serverHas({ ...BEGIN, yaml: "name: newest\n", revision: 5 });
  assert.equal(session.snapshot().text, "name: typed\n");
});

withClock("a text that is no YAML refuses the form's edit and stays as it is", async () => {
  const { session } = open();
  session.setText("a: [\n");
  assert.match(session.edit([{ op: "set", path: "name", value: "x" }]) ?? "", /YAML/);
  assert.equal(session.snapshot().text, "a: [\n");
});

withClock("leaving the page sends what is not saved yet at once", async () => {
  const { session, puts } = open();
  session.setText("name: last words\n");
  session.close();
  assert.equal(puts[0]?.yaml, "name: last words\n");
});
