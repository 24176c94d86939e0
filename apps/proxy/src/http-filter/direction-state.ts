import { FilterHeadersStatus } from "@sluice/extension-api";

/** Where one direction of the iteration stands at one filter. */
export const Iteration = { Continue: 0, StopSingle: 1, StopAllBuffer: 2, StopAllWatermark: 3 } as const;
export type Iteration = (typeof Iteration)[keyof typeof Iteration];

/** The state of one direction at one filter. */
export class DirectionState {
  iteration: Iteration = Iteration.Continue;
  headersContinued = false;
  /** The filter has seen the end of the message. */
  sawEnd = false;
  /** What was stopped whole has not been shown to the filter: it gets it first. */
  fromCurrent = false;
}

/** Of a filter that has no part in the direction: nothing ever changes it. */
export const NO_DIRECTION = new DirectionState();

/** Applies a headers status to a filter's state; true: go on to the next filter. */
export function afterHeaders(state: DirectionState, status: FilterHeadersStatus): boolean {
  switch (status) {
    case FilterHeadersStatus.Continue:
    case FilterHeadersStatus.ContinueAndDontEndStream:
      state.headersContinued = true;
      return true;
    case FilterHeadersStatus.StopIteration:
      state.iteration = Iteration.StopSingle;
      return false;
    case FilterHeadersStatus.StopAllIterationAndBuffer:
      state.iteration = Iteration.StopAllBuffer;
      return false;
    case FilterHeadersStatus.StopAllIterationAndWatermark:
      state.iteration = Iteration.StopAllWatermark;
      return false;
  }
}
