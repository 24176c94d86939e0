/**
 * The parts of Node's own wrapping of libuv that pass descriptors between threads: what `child_process` sends handles to children
 * with. No public module offers them within one process; Node is pinned, so that they are there.
 */

/** A descriptor as libuv holds it; whoever has it closes it. */
export interface Handle {
  readonly fd: number;
  close(): void;
}

/** A socket that listens, or may. Answers of numbers: 0, or a negative error of libuv's. */
export interface ServerHandle extends Handle {
  onconnection: ((status: number, client: Handle | undefined) => void) | undefined;
  listen(backlog: number): number;
}

export interface TcpServerHandle extends ServerHandle {
  bind(address: string, port: number, flags: number): number;
  bind6(address: string, port: number, flags: number): number;
  getsockname(out: { port?: number }): number;
}

export interface PipeHandle extends ServerHandle {
  bind(path: string): number;
  open(fd: number): number;
  connect(request: ConnectRequest, path: string): number;
  /** 0 or an error; with `handle`, another descriptor of the same open file goes to whoever reads the other end. */
  writeUtf8String(request: WriteRequest, text: string, handle: Handle): number;
  onread: ((bytes: ArrayBuffer | undefined) => void) | undefined;
  /** What came with the bytes that `onread` is called with. */
  pendingHandle: Handle | null | undefined;
  readStart(): number;
  unref(): void;
}

interface ConnectRequest {
  oncomplete: ((status: number) => void) | undefined;
}

interface WriteRequest {
  handle: PipeHandle;
  oncomplete: ((status: number) => void) | undefined;
}

interface PipeWrap {
  readonly Pipe: new (type: number) => PipeHandle;
  readonly PipeConnectWrap: new () => ConnectRequest;
  readonly constants: { readonly SOCKET: number; readonly SERVER: number; readonly IPC: number };
}

interface TcpWrap {
  readonly TCP: new (type: number) => TcpServerHandle;
  readonly constants: { readonly SERVER: number; readonly UV_TCP_IPV6ONLY: number };
}

interface StreamWrap {
  readonly WriteWrap: new () => WriteRequest;
  /** By the numbers below, of the call that was last. */
  readonly streamBaseState: Readonly<Record<number, number>>;
  readonly kReadBytesOrError: number;
  readonly kArrayBufferOffset: number;
  readonly kLastWriteWasAsync: number;
}

interface Bindings {
  readonly pipe_wrap: PipeWrap;
  readonly tcp_wrap: TcpWrap;
  readonly stream_wrap: StreamWrap;
}

const { binding } = asBindingOwner(process);

export const pipeWrap = binding("pipe_wrap");
export const tcpWrap = binding("tcp_wrap");
export const streamWrap = binding("stream_wrap");

/** Node's type definitions leave `process.binding` out. */
function asBindingOwner(owner: object): { binding<K extends keyof Bindings>(name: K): Bindings[K] } {
  return owner as { binding<K extends keyof Bindings>(name: K): Bindings[K] };
}
