export type { AdmissionChain, AdmissionOperation, AdmissionPlugin, AdmissionRequest } from "./plugin.ts";
