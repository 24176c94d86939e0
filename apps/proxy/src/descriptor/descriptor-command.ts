/** What leads to another worker or to the main thread: see `WorkerDescriptors`. */
export interface DescriptorCommand {
  readonly type: "descriptor-channel";
  readonly peer: number;
  readonly fd: number;
}
