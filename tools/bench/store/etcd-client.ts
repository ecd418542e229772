/**
 * etcd's KV service over gRPC, as little of it as a conditional put needs, encoded by hand: the client must cost as
 * little as possible, it shares the machine with what is measured.
 */
import { type ClientHttp2Session, connect } from "node:http2";

const EQUAL = 0;
const MOD_REVISION = 2;

export class EtcdClient {
  readonly #session: ClientHttp2Session;

  private constructor(session: ClientHttp2Session) {
    this.#session = session;
  }

  static async connect(port: number): Promise<EtcdClient> {
    const session = connect(`http://127.0.0.1:${port}`);
    await new Promise<void>((resolve, reject) => {
      session.once("connect", () => resolve());
      session.once("error", reject);
    });
    session.setLocalWindowSize(8 << 20);
    return new EtcdClient(session);
  }

  /** Gives the new revision; throws when the key's revision was another one. */
  async putIfRevision(key: string, revision: bigint, value: Buffer): Promise<bigint> {
    const answer = await this.#call(
      "/etcdserverpb.KV/Txn",
      txnRequest(Buffer.from(key), revision, value),
    );
    const { succeeded, revision: newest } = readTxnResponse(answer);
    if (!succeeded) throw new Error(`the revision of ${key} is not ${revision}`);
    return newest;
  }

  close(): void {
    this.#session.destroy();
  }

  #call(path: string, message: Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const stream = this.#session.request({
        ":method": "POST",
        ":path": path,
        "content-type": "application/grpc",
        te: "trailers",
      });
      const pieces: Buffer[] = [];
      let status = "";
      stream.on("data", (piece: Buffer) => pieces.push(piece));
      stream.on("trailers", (trailers) => {
        status = String(trailers["grpc-status"]);
      });
      stream.on("error", reject);
      stream.on("close", () => {
        if (status === "0") resolve(Buffer.concat(pieces).subarray(5));
        else reject(new Error(`${path}: grpc status ${status}`));
      });
      const prefix = Buffer.alloc(5);
      prefix.writeUInt32BE(message.length, 1);
      stream.end(Buffer.concat([prefix, message]));
    });
  }
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}
function number(field: number, value: bigint): Buffer {
  return Buffer.concat([varint(BigInt(field << 3)), varint(value)]);
}
function bytes(field: number, value: Buffer): Buffer {
  return Buffer.concat([varint(BigInt((field << 3) | 2)), varint(BigInt(value.length)), value]);
}

function txnRequest(key: Buffer, revision: bigint, value: Buffer): Buffer {
  const compare = Buffer.concat([
    number(1, BigInt(EQUAL)),
    number(2, BigInt(MOD_REVISION)),
    bytes(3, key),
    number(6, revision),
  ]);
  const put = Buffer.concat([bytes(1, key), bytes(2, value)]);
  return Buffer.concat([bytes(1, compare), bytes(2, bytes(2, put))]);
}

function readTxnResponse(message: Buffer): { succeeded: boolean; revision: bigint } {
  let succeeded = false;
  let revision = 0n;
  for (const [field, value] of fields(message)) {
    if (field === 2) succeeded = value === 1n;
    if (field !== 1 || !Buffer.isBuffer(value)) continue;
    for (const [inner, header] of fields(value)) {
      if (inner === 3 && typeof header === "bigint") revision = header;
    }
  }
  return { succeeded, revision };
}

function* fields(message: Buffer): Iterable<[number, bigint | Buffer]> {
  let at = 0;
  const read = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = message[at++] ?? 0;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const tag = Number(read());
    const field = tag >> 3;
    if ((tag & 7) === 0) yield [field, read()];
    else {
      const length = Number(read());
      yield [field, message.subarray(at, at + length)];
      at += length;
    }
  }
}
