export {
  createMemoryClient,
  type MemoryCall,
  type MemoryClient,
  type MemoryClientOptions,
} from "./memory-client.ts";
