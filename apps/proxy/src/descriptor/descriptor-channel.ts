import { type Handle, type PipeHandle, pipeWrap, streamWrap } from "./node-handles.ts";

export interface DescriptorReceiver {
  /** `handle`: the receiver's from now on. */
  onDescriptor(text: string, handle: Handle): void;
}

/**
 * One end of a connection between two threads over which descriptors go, each with a text (SCM_RIGHTS). The kernel gives the receiver a
 * descriptor of its own, so that what the sender does with his afterwards is nothing to it.
 */
export class DescriptorChannel {
  readonly #pipe: PipeHandle;
  readonly #receiver: DescriptorReceiver;
  #closed = false;

  /** `fd`: of `openDescriptorPairs`; this end owns it. */
  constructor(fd: number, receiver: DescriptorReceiver) {
    this.#receiver = receiver;
    this.#pipe = new pipeWrap.Pipe(pipeWrap.constants.IPC);
    this.#pipe.open(fd);
    this.#pipe.onread = (bytes) => this.#read(bytes);
    this.#pipe.readStart();
    this.#pipe.unref();
  }

  /** `done` is called once, perhaps before this returns: whether it is on its way. `handle` stays the caller's. */
  send(text: string, handle: Handle, done: (sent: boolean) => void): void {
    if (this.#closed) {
      done(false);
      return;
    }
    const request = new streamWrap.WriteWrap();
    request.handle = this.#pipe;
    request.oncomplete = (status) => done(status === 0);
    const failed = this.#pipe.writeUtf8String(request, text, handle) !== 0;
    if (failed) done(false);
    else if (streamWrap.streamBaseState[streamWrap.kLastWriteWasAsync] !== 1) done(true);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#pipe.close();
  }

  /** Each message carries a descriptor, at which the kernel ends a read: so that each read is one message. */
  #read(bytes: ArrayBuffer | undefined): void {
    const handle = this.#pipe.pendingHandle;
    this.#pipe.pendingHandle = null;
    const { streamBaseState, kReadBytesOrError, kArrayBufferOffset } = streamWrap;
    const length = streamBaseState[kReadBytesOrError] ?? 0;
    if (bytes === undefined || length <= 0) {
      this.close();
      return;
    }
    const text = Buffer.from(bytes, streamBaseState[kArrayBufferOffset] ?? 0, length).toString();
    if (handle !== null && handle !== undefined) this.#receiver.onDescriptor(text, handle);
  }
}
