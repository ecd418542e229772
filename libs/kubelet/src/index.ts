export { createKubelet, type Kubelet, type KubeletOptions } from "./kubelet.ts";
export { KubeletError, type KubeletErrorCode } from "./kubelet-error.ts";
export { type Machine, readMachine, simulatedMachine } from "./node/machine.ts";
