import assert from "node:assert/strict";
import { test } from "node:test";
import { startPostgres } from "@sluice/harness";
import { openDatabase } from "./open-database.ts";

test("arrays go to Postgres and come back as they are", async (t) => {
  const postgres = await startPostgres();
  const { sql, close } = openDatabase(await postgres.createDatabase());
  t.after(async () => {
    await close();
    await postgres.close();
  });
  const texts = [
    "",
    "plain",
    "NULL",
    null,
    'quo"te',
    "back\\slash",
    "{a,b}",
    "two words",
    "line\nbreak",
    "é",
  ];
  const [row] = await sql`
    select ${texts}::text[] as texts, ${[1, -2, null]}::int[] as ints, ${sql.array([true, false], 16)} as bools,
      ${[]}::text[] as none, array[[1, 2], [3, 4]] as nested,
      array['{"a": [1]}'::jsonb] as documents, ${sql.array(["x", "y"], 25)} as typed, array[1.5::float8, 2] as floats`;
  assert.deepEqual(
    { ...row },
    {
      texts,
      ints: [1, -2, null],
      bools: [true, false],
      none: [],
      nested: [
        [1, 2],
        [3, 4],
      ],
      documents: [{ a: [1] }],
      typed: ["x", "y"],
      floats: [1.5, 2],
    },
  );
  assert.deepEqual([...(await sql`select 1 as one where 'b' = any(${["a", "b"]}::text[])`)], [{ one: 1 }]);
});
