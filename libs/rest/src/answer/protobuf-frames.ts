/**
 * Lists of ready objects and watch events in Kubernetes' protobuf form, put together from ready bytes.
 *
 * Upstream: staging/src/k8s.io/apimachinery/pkg/runtime/serializer/protobuf/protobuf.go and
 * staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/generated.proto WatchEvent @1.36
 */

/** `WatchEvent{type: 1, object: RawExtension{raw: 1}}` behind a four-byte length, without the k8s envelope. */
export function watchFrame(type: string, object: Buffer): Buffer {
  const raw = field(1, object);
  const event = Buffer.concat([field(1, Buffer.from(type)), field(2, raw)]);
  const length = Buffer.allocUnsafe(4);
  length.writeUInt32BE(event.length);
  return Buffer.concat([length, event]);
}

function field(number: number, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from([(number << 3) | 2]), varint(value.length), value]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}
