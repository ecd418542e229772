/**
 * Many watches that cost next to nothing to read: on two cores a client that is as dear as the server would measure
 * itself. So this speaks just as much HTTP/2 as a watch needs, over TLS, and counts lines instead of decoding events.
 */
import { connect, type TLSSocket } from "node:tls";

export interface WatchedServer {
  readonly port: number;
  readonly identity: { readonly ca: string; readonly cert: string; readonly key: string };
}

const DATA = 0;
const HEADERS = 1;
const RST_STREAM = 3;
const SETTINGS = 4;
const PING = 6;
const GOAWAY = 7;
const WINDOW_UPDATE = 8;
const ACK = 1;
/** END_STREAM and END_HEADERS: a request without a body. */
const WHOLE_REQUEST = 5;
const HEAD_BYTES = 9;
const LARGEST_WINDOW = 2 ** 31 - 1;
const FIRST_WINDOW = 65_535;
/** `:status 200` in HPACK's fixed table. */
const STATUS_200 = 0x88;
const NEWLINE = 10;
const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/** One connection with a number of equal watches. */
export class WatcherConnection {
  readonly #socket: TLSSocket;
  readonly #watches: number;
  readonly #onEvents: (watch: number, count: number) => void;
  readonly #onError: (error: Error) => void;
  readonly #opened: () => void;
  /** Resolves when every watch has been answered. */
  readonly open: Promise<void>;
  readonly #head = Buffer.alloc(HEAD_BYTES);
  #headBytes = 0;
  /** Of the frame under way. */
  #left = 0;
  /** Of a frame other than data, which are small. */
  #payload: Buffer[] = [];
  #answered = 0;
  #unacknowledgedBytes = 0;

  constructor(options: {
    readonly server: WatchedServer;
    readonly path: string;
    readonly watches: number;
    readonly onEvents: (watch: number, count: number) => void;
    readonly onError: (error: Error) => void;
  }) {
    const { server, path, watches, onEvents, onError } = options;
    this.#watches = watches;
    this.#onEvents = onEvents;
    this.#onError = onError;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.open = promise;
    this.#opened = resolve;
    const { port, identity } = server;
    this.#socket = connect({ host: "127.0.0.1", port, ...identity, ALPNProtocols: ["h2"] }, () => {
      this.#socket.write(
        Buffer.concat([
          Buffer.from(PREFACE),
          frame(SETTINGS, 0, 0, settings(LARGEST_WINDOW)),
          frame(WINDOW_UPDATE, 0, 0, uint32(LARGEST_WINDOW - FIRST_WINDOW)),
          ...Array.from({ length: watches }, (_, index) =>
            frame(HEADERS, WHOLE_REQUEST, 2 * index + 1, requestHead(path, `127.0.0.1:${port}`)),
          ),
        ]),
      );
    });
    this.#socket.on("data", (piece: Buffer) => this.#read(piece));
    this.#socket.on("error", onError);
    this.#socket.on("end", () => onError(new Error("an apiserver closed a connection")));
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(piece: Buffer): void {
    let at = 0;
    while (at < piece.length) {
      if (this.#headBytes < HEAD_BYTES) {
        const taken = piece.copy(
          this.#head,
          this.#headBytes,
          at,
          at + HEAD_BYTES - this.#headBytes,
        );
        this.#headBytes += taken;
        at += taken;
        if (this.#headBytes < HEAD_BYTES) return;
        this.#left = this.#head.readUIntBE(0, 3);
      }
      const part = piece.subarray(at, at + this.#left);
      at += part.length;
      this.#left -= part.length;
      if (this.#head[3] === DATA) this.#countEvents(part);
      else this.#payload.push(part);
      if (this.#left > 0) return;
      if (this.#head[3] !== DATA) this.#take(Buffer.concat(this.#payload));
      this.#payload = [];
      this.#headBytes = 0;
    }
  }

  /** Inside an event a line ends as `\n`, so each of these bytes is the end of one. */
  #countEvents(part: Buffer): void {
    let count = 0;
    for (let end = part.indexOf(NEWLINE); end >= 0; end = part.indexOf(NEWLINE, end + 1)) count++;
    if (count > 0) this.#onEvents((this.#head.readUInt32BE(5) - 1) / 2, count);
    // The windows of the watches are larger than what they are sent; only the connection's could run out.
    this.#unacknowledgedBytes += part.length;
    if (this.#unacknowledgedBytes > LARGEST_WINDOW / 2) {
      this.#socket.write(frame(WINDOW_UPDATE, 0, 0, uint32(this.#unacknowledgedBytes)));
      this.#unacknowledgedBytes = 0;
    }
  }

  #take(payload: Buffer): void {
    const [type, flags] = [this.#head[3], this.#head[4] ?? 0];
    if (type === SETTINGS && flags !== ACK) this.#socket.write(frame(SETTINGS, ACK, 0));
    if (type === PING && flags !== ACK) this.#socket.write(frame(PING, ACK, 0, payload));
    if (type === GOAWAY) this.#onError(new Error("an apiserver said goodbye"));
    if (type === RST_STREAM) this.#onError(new Error("a watch was broken off"));
    if (type !== HEADERS) return;
    if (payload[0] !== STATUS_200) this.#onError(new Error("a watch was refused, or has ended"));
    else if (++this.#answered === this.#watches) this.#opened();
  }
}

function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Buffer = Buffer.alloc(0),
): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** SETTINGS_INITIAL_WINDOW_SIZE is number 4. */
const settings = (window: number) => Buffer.concat([Buffer.from([0, 4]), uint32(window)]);

/** HPACK without its tables' changing part: names from the fixed table, values as they are. */
function requestHead(path: string, authority: string): Buffer {
  return Buffer.concat([
    // GET, https.
    Buffer.from([0x82, 0x87]),
    ...[Buffer.from([4]), text(path)],
    ...[Buffer.from([1]), text(authority)],
    // accept is number 19, of which 15 fit into the first byte.
    ...[Buffer.from([15, 4]), text("application/json")],
  ]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  const length = [];
  let rest = bytes.length;
  if (rest < 127) length.push(rest);
  else {
    length.push(127);
    for (rest -= 127; rest >= 128; rest >>= 7) length.push((rest & 127) | 128);
    length.push(rest);
  }
  return Buffer.concat([Buffer.from(length), bytes]);
}
