/** The messages and the service of kubets.api.v1, generated from proto/kubets/api/v1. */
/** FileDescriptorProtos in base64, by file name: what gRPC reflection hands out. */
export { descriptors } from "./gen/descriptors.ts";
export {
  CreateRequest,
  DeleteCollectionRequest,
  DeleteRequest,
  Encoding,
  EventType,
  Fence,
  GetRequest,
  GetResponse,
  ListChunk,
  ListRequest,
  ObjectResponse,
  ObjectsClient,
  type ObjectsServer,
  ObjectsService,
  PatchRequest,
  Payload,
  ResourceRef,
  UpdateRequest,
  WatchBatch,
  WatchEvent,
  WatchRequest,
  WriteOptions,
} from "./gen/objects.ts";
