export { checkWrite, isStorableKey, objectBytesMax } from "./check-write.ts";
export { compareKeys, compareNames, compareText, keyText } from "./key-order.ts";
export { MemoryHistory } from "./memory-history.ts";
export { createMemoryStorage, type MemoryStorageOptions } from "./memory-storage.ts";
export type {
  CreateWrite,
  DeleteWrite,
  Fence,
  ListOptions,
  ListPage,
  LogBatch,
  LogEntry,
  ObjectKey,
  ResourceScope,
  Revision,
  Snapshot,
  Storage,
  StorageErrorCode,
  StoredObject,
  Subscription,
  UpdateWrite,
  Write,
  WriteResult,
} from "./storage.ts";
export { StorageError } from "./storage.ts";
