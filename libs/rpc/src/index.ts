/** The messages and the service of kubets.api.v1, generated from proto/kubets/api/v1. */
/** What gRPC reflection hands out. */
export { type ReflectedFile, reflectedFiles } from "./gen/descriptors.ts";
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
