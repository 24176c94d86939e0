import fc from "fast-check";
import { OPERATIONS, type Operation } from "../api/operations.ts";
import { inputOf } from "./arbitrary-input.ts";

export interface FuzzPlan {
  readonly base: string;
  readonly seed: number;
  /** Inputs for each procedure. */
  readonly inputsEach: number;
  /** Header sets by the name of who sends them; each input goes out as one of them, in turn. */
  readonly callers: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Names of procedures that are left out. Default: none. */
  readonly without?: ReadonlySet<string>;
  /** How long an answer may take. */
  readonly deadlineMs: number;
}

export interface FuzzReport {
  readonly calls: number;
  /** How often each status was answered. */
  readonly statuses: ReadonlyMap<number, number>;
  /** One line for each answer that no input may bring about. */
  readonly findings: readonly string[];
}

/** What tells of the server's inside: SQL, stacks, paths, drivers. */
const LEAK =
  /\bselect\b.{1,200}\bfrom\b|insert into|PostgresError|drizzle-orm\/|node_modules|\bat [^\n]{0,200}\.(?:ts|js):\d+|"stack"|DrizzleQueryError/i;
const AT_ONCE = 8;

interface Call {
  readonly what: string;
  readonly url: string;
  readonly init: RequestInit;
}

/** Calls every procedure by tRPC and by the HTTP API with inputs that are nearly right and full of trouble. */
export async function fuzzProcedures(plan: FuzzPlan): Promise<FuzzReport> {
  const calls = [...OPERATIONS.values()]
    .filter(({ name }) => plan.without?.has(name) !== true)
    .flatMap((operation, index) => callsOf(plan, operation, index));
  const statuses = new Map<number, number>();
  const findings: string[] = [];
  const rest = calls.values();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const call of rest) {
        const { status, finding } = await send(call, plan.deadlineMs);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        if (finding !== undefined) findings.push(`${call.what}: ${finding}`);
      }
    }),
  );
  return { calls: calls.length, statuses, findings };
}

function callsOf(plan: FuzzPlan, operation: Operation, index: number): readonly Call[] {
  const inputs = fc.sample(inputOf(operation.input), { seed: plan.seed + index, numRuns: plan.inputsEach });
  const callers = Object.entries(plan.callers);
  return inputs.flatMap((input, at) => {
    const [who, headers] = callers[at % callers.length] ?? ["nobody", {}];
    const json = JSON.stringify(input) ?? "null";
    const what = `${operation.name} as ${who} with ${json.slice(0, 300)}`;
    const post = { method: "POST", headers: { ...headers, "content-type": "application/json" } };
    const trpc = `${plan.base}/api/trpc/${operation.name}`;
    const wrapped = JSON.stringify({ json: input }) ?? "null";
    const query = encodeURIComponent(wrapped.isWellFormed() ? wrapped : "{}");
    return [
      { what: `REST ${what}`, url: `${plan.base}${operation.path}`, init: { ...post, body: json } },
      operation.kind === "mutation"
        ? { what: `tRPC ${what}`, url: trpc, init: { ...post, body: wrapped } }
        : { what: `tRPC ${what}`, url: `${trpc}?input=${query.slice(0, 8_000)}`, init: { headers } },
    ];
  });
}

async function send(
  { url, init }: Call,
  deadlineMs: number,
): Promise<{ readonly status: number; readonly finding: string | undefined }> {
  try {
    const answer = await fetch(url, { ...init, signal: AbortSignal.timeout(deadlineMs) });
    const text = await answer.text();
    const { status } = answer;
    if (status >= 500) return { status, finding: `answered ${status}: ${text.slice(0, 300)}` };
    const leak = LEAK.exec(text);
    if (leak !== null) return { status, finding: `leaks: ${leak[0].slice(0, 200)}` };
    return { status, finding: undefined };
  } catch (error) {
    return { status: 0, finding: `no answer within ${deadlineMs} ms (${String(error)})` };
  }
}
