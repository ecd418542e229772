import type { AdmissionChain } from "@kubets/admission";
import type { RequestScope, Transform, UpdateOptions } from "../store.ts";

export interface UpdateRequest {
  readonly scope: RequestScope;
  readonly name: string;
  readonly transform: Transform;
  readonly options: UpdateOptions;
  readonly admission: AdmissionChain;
}
