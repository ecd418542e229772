export { chainPlugins } from "./admission-chain.ts";
export {
  type AdmissionReader,
  createAdmissionReader,
  type ReadableType,
} from "./admission-reader.ts";
export {
  type AdmissionChainOptions,
  type AdmissionContext,
  createAdmissionChain,
  enabledPlugins,
} from "./create-admission-chain.ts";
export type {
  AdmissionChain,
  AdmissionOperation,
  AdmissionPlugin,
  AdmissionRequest,
} from "./plugin.ts";
export { defaultPlugins, type PluginName, pluginOrder } from "./plugin-order.ts";
export { systemPriorityClasses } from "./plugins/priority.ts";
export type { QuotaWriter } from "./plugins/resource-quota/resource-quota.ts";
