export { createKubelet, type Kubelet, type KubeletOptions } from "./kubelet.ts";
export { KubeletError, type KubeletErrorCode } from "./kubelet-error.ts";
export { type Machine, readMachine, simulatedMachine } from "./node/machine.ts";
export { parseTaint } from "./node/parse-taint.ts";
export { createNodeServer, type NodeServerOptions } from "./server/create-node-server.ts";
