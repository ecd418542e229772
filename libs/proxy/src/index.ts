export { addressFamily, cidrFamily } from "./addresses.ts";
export { TABLE } from "./base-rules.ts";
export { FamilyRules, type RuleSettings, type ServiceState } from "./family-rules.ts";
export { createHealthServer, type HealthServerOptions } from "./health-server.ts";
export { type Kernel, KernelError, linuxKernel } from "./kernel.ts";
export type { LocalMode } from "./local-traffic.ts";
export { isWithin, type NodePortSetting } from "./node-view.ts";
export type { Family } from "./rule-set.ts";
export { ServiceProxy, type ServiceProxyOptions } from "./service-proxy.ts";
