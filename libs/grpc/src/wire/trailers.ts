/**
 * What goes into a call's trailing metadata beside gRPC's own status. All of it stays below 8 KiB: gRPC's C core, on
 * which the Python and Ruby clients run, may refuse more.
 */
import type { OutgoingHttpHeaders } from "node:http2";
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { encodeProtobufMessage, type StatusError } from "@kubets/api";

/** Of the Status as JSON; a long one loses its causes (its message holds their texts) and, if need be, the message's end. */
const statusBytesMax = 2_560;
/** Of the Status as google.rpc.Status, where there is room for both. */
const richStatusBytesMax = 1_280;
const warningBytesMax = 1_024;
const STATUS_TYPE = "k8s.io.apimachinery.pkg.apis.meta.v1.Status";

/** The Kubernetes Status, in our own form (JSON) and in the form that every gRPC library reads as error details. */
export function statusTrailers(
  code: number,
  { status, message }: StatusError,
): OutgoingHttpHeaders {
  let told = status;
  let json = Buffer.from(JSON.stringify(told));
  const { causes: _causes, ...details } = status.details ?? {};
  for (let length = message.length; json.length > statusBytesMax && length > 0; length >>= 1) {
    told = { ...status, message: message.slice(0, length), details };
    json = Buffer.from(JSON.stringify(told));
  }
  const detail = encodeProtobufMessage({ ...told, apiVersion: "v1", kind: "Status" });
  const rich = googleStatus(code, told.message ?? "", detail);
  return {
    "kubets-status-bin": json.toString("base64"),
    ...(rich.length <= richStatusBytesMax
      ? { "grpc-status-details-bin": rich.toString("base64") }
      : {}),
  };
}

/**
 * One value for each warning, UTF-8; those past the bound are left out.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/filters/warning.go recorder.AddWarning @1.36, where the bound is
 * that of HTTP headers
 */
export function warningTrailers(warnings: readonly string[]): OutgoingHttpHeaders {
  if (warnings.length === 0) return {};
  const values: string[] = [];
  let room = warningBytesMax;
  for (const text of warnings) {
    const bytes = Buffer.from(text);
    if (bytes.length > room) break;
    room -= bytes.length;
    values.push(bytes.toString("base64"));
  }
  return values.length === 0 ? {} : { "kubets-warning-bin": values };
}

/** google.rpc.Status with one detail. */
function googleStatus(code: number, message: string, detail: Uint8Array): Buffer {
  const lengthDelimited = 2;
  const writer = new BinaryWriter().uint32(1 << 3).int32(code);
  writer.uint32((2 << 3) | lengthDelimited).string(message);
  writer.uint32((3 << 3) | lengthDelimited).fork();
  writer.uint32((1 << 3) | lengthDelimited).string(`type.googleapis.com/${STATUS_TYPE}`);
  writer.uint32((2 << 3) | lengthDelimited).bytes(detail);
  writer.join();
  return Buffer.from(writer.finish());
}
