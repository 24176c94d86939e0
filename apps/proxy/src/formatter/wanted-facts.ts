import type { ValueProvider } from "./operator.ts";

/**
 * What the formats compiled in this thread print that is recorded for them alone. One that goes with its configuration is missed
 * when it is collected: until then its facts go on being recorded.
 */
export const wantedFacts = {
  /** The hosts that each TCP session was tried on. */
  attempts: false,
  /** How often each request looked for its route and how long that took. */
  routeResolutions: false,
};

type Fact = keyof typeof wantedFacts;

const wanting: Record<Fact, number> = { attempts: 0, routeResolutions: 0 };

function count(fact: Fact, by: number): void {
  wanting[fact] += by;
  wantedFacts[fact] = wanting[fact] > 0;
}

const gone = new FinalizationRegistry<Fact>((fact) => count(fact, -1));

/** An operator of one format that prints a fact; the fact is recorded for as long as there is such an operator. */
export function printing(fact: Fact, provider: ValueProvider): ValueProvider {
  const own: ValueProvider = (context) => provider(context);
  count(fact, 1);
  gone.register(own, fact);
  return own;
}
