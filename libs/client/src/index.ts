export type {
  Client,
  DeleteOptions,
  Fence,
  ListOptions,
  ListResult,
  PatchType,
  Reader,
  ResourceType,
  WatchEvent,
  WatchOptions,
  WriteOptions,
  Writer,
} from "./client.ts";
export { ClientError } from "./client.ts";
