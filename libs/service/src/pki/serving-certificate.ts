import type { Clock } from "../clock.ts";
import type { ServerCertificate } from "../service-server.ts";
import { createCertificateAuthority, issueCertificate } from "./certificate-authority.ts";
import { readPem } from "./key-files.ts";

export interface ServingCertificateOptions {
  /** --tls-cert-file; empty: a certificate is made that nobody but its own authority signed, as upstream does. */
  readonly certificateFile: string;
  /** --tls-private-key-file */
  readonly keyFile: string;
  /** --client-ca-file; empty: client certificates are not asked for. */
  readonly clientCaFile: string;
  /** Host names and addresses for a certificate that is made. */
  readonly names: readonly string[];
  readonly clock: Clock;
}

/** What a component serves its own port with. Throws with the path when a file cannot be read. */
export async function servingCertificate(
  options: ServingCertificateOptions,
): Promise<ServerCertificate> {
  const { certificateFile, keyFile, clientCaFile, names, clock } = options;
  const clientCa = clientCaFile === "" ? {} : { clientCa: await readPem(clientCaFile) };
  if (certificateFile !== "") {
    return {
      certificate: await readPem(certificateFile),
      key: await readPem(keyFile),
      ...clientCa,
    };
  }
  const [commonName = "localhost"] = names;
  const ca = await createCertificateAuthority({ commonName: `${commonName}-ca`, clock });
  const issued = await issueCertificate({ ca, commonName, sans: names, usages: ["server"], clock });
  return { ...issued, ...clientCa };
}
