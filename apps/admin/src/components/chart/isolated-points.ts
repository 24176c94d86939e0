/**
 * Indices of the values that have no neighbour.
 *
 * No line leads to them, so that only a point can show them: a service that was asked once has a latency, too.
 */
export function isolatedPoints(values: ArrayLike<number | null | undefined>): number[] {
  const isolated: number[] = [];
  for (let index = 0; index < values.length; index++) {
    if (has(values, index) && !has(values, index - 1) && !has(values, index + 1)) isolated.push(index);
  }
  return isolated;
}

function has(values: ArrayLike<number | null | undefined>, index: number): boolean {
  const value = values[index];
  return value !== null && value !== undefined;
}
