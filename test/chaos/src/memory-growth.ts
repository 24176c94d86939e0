/** Share of the time that counts as warm-up. */
const WARM_UP = 0.4;
/** Of each part the smallest values say what is really in use. */
const PART = 0.2;

/** How much more memory was in use at the end than after the warm-up, in the unit of `samples`. */
export function memoryGrowth(samples: readonly number[]): number {
  const { length } = samples;
  const part = Math.ceil(length * PART);
  const early = samples.slice(Math.floor(length * WARM_UP)).slice(0, part);
  const late = samples.slice(-part);
  return Math.min(...late) - Math.min(...early);
}
