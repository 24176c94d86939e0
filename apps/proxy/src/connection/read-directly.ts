import { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import {
  ReadMemory,
  type ReadReceiver,
  SHARED_READ_BYTES,
  sharedReadMemory,
  takeShared,
} from "./read-memory.ts";

/** Where a socket keeps who reads it: functions that all sockets share find it through `this`. */
const RECEIVER = Symbol("receiver");

interface ReadSocket extends Socket {
  [RECEIVER]: ReadReceiver;
}

/**
 * Hands what a socket reads to `receiver`, past its stream where that holds nothing: Node's queueing, the event and the tick
 * that asks for more cost as much as parsing a head. Paused, the socket reads no further.
 *
 * Bytes go into memory of our own (`ReadMemory`), as with the `onread` option of `net.connect`, which Node does not offer
 * for accepted sockets: what it sets is set here. Sockets that read something else than a descriptor (TLS) bring chunks of
 * their own, which are the receiver's; so do all sockets should a release of Node keep `onread` elsewhere.
 */
export function readDirectly(socket: Socket, receiver: ReadReceiver): void {
  const reader = socket as ReadSocket;
  reader[RECEIVER] = receiver;
  const handle = handleOf(socket);
  if (slots === undefined || handle === undefined || socket instanceof TLSSocket) {
    readPastStream(socket, receiver);
    return;
  }
  setSlot(socket, slots.buffer, sharedReadMemory);
  setSlot(socket, slots.callback, takeRead);
  handle.useUserBuffer(sharedReadMemory);
  // A paused stream without a buffer of ours reads on until it is full.
  if (socket.isPaused()) socket.pause();
  socket.on("data", receiveData);
}

function receiveData(this: ReadSocket, chunk: Buffer): void {
  this[RECEIVER].receive(chunk, false);
}

function takeRead(this: ReadSocket, bytes: number, buffer: Buffer): boolean {
  const receiver = this[RECEIVER];
  // Bytes that were put back into the stream go first.
  if (this.readableLength > 0) this.push(Buffer.from(buffer.subarray(0, bytes)));
  else if (receiver.readMemory === undefined && bytes < SHARED_READ_BYTES) takeShared(bytes, receiver);
  else {
    receiver.readMemory ??= memoryOf(this);
    receiver.readMemory.take(bytes, receiver);
  }
  return true;
}

/** Only for a socket that reads much: what the others share needs no state. */
function memoryOf(socket: Socket): ReadMemory {
  const memory = new ReadMemory((next) => {
    if (slots !== undefined) setSlot(socket, slots.buffer, next);
    handleOf(socket)?.useUserBuffer(next);
  });
  if (slots !== undefined) setSlot(socket, slots.generator, () => memory.current);
  return memory;
}

/** Paused, the stream keeps what comes, stops the socket when it has enough, and hands it over in order when it flows again. */
function readPastStream(socket: Socket, receiver: ReadReceiver): void {
  const push = socket.push.bind(socket);
  socket.push = (chunk: Buffer | null) => {
    if (chunk === null || socket.readableFlowing !== true || socket.readableLength > 0) return push(chunk);
    receiver.receive(chunk, false);
    return true;
  };
  socket.on("data", receiveData);
}

interface ReadSlots {
  readonly buffer: symbol;
  readonly callback: symbol;
  readonly generator: symbol;
}

interface ReadHandle {
  useUserBuffer(buffer: Uint8Array): void;
}

/** Where Node keeps the parts of `onread`. */
function findSlots(): ReadSlots | undefined {
  const symbols = Object.getOwnPropertySymbols(new Socket());
  const find = (name: string): symbol | undefined => symbols.find(({ description }) => description === name);
  const buffer = find("kBuffer");
  const callback = find("kBufferCb");
  const generator = find("kBufferGen");
  if (buffer === undefined || callback === undefined || generator === undefined) return undefined;
  return { buffer, callback, generator };
}

const slots: ReadSlots | undefined = findSlots();

function setSlot(socket: Socket, slot: symbol, value: unknown): void {
  Reflect.set(socket, slot, value);
}

function handleOf(socket: Socket): ReadHandle | undefined {
  const handle: unknown = Reflect.get(socket, "_handle");
  return isReadHandle(handle) ? handle : undefined;
}

function isReadHandle(handle: unknown): handle is ReadHandle {
  return (
    typeof handle === "object" &&
    handle !== null &&
    "useUserBuffer" in handle &&
    typeof handle.useUserBuffer === "function"
  );
}
