import type { ListenOptions } from '../../src/source/listening.ts';

/** How a listener is set in tests, where nothing else matters. */
export const LISTEN: ListenOptions = {
  ack: false,
  token: undefined,
  tls: undefined,
  insecure: false,
  connectionsMax: 10,
  connectionsPerAddressMax: 10,
  authTimeoutMs: 5000,
  lineTimeoutMs: 30_000,
  idleTimeoutMs: 0,
  connectionBytesMax: 64 * 1024,
  bufferBytesMax: 1e6,
  bodyBytesMax: 1e6,
  lineBytesMax: 1e6,
};
