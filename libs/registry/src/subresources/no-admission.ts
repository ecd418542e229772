import type { AdmissionChain } from "@kubets/admission";

/** For writes whose cause was admitted, and for those of the server itself. */
export const noAdmission: AdmissionChain = {
  async mutate({ object }) {
    return object;
  },
  async validate() {},
};
