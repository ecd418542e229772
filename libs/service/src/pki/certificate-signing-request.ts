/** What somebody asks to be certified. */
export interface CertificateSigningRequestContents {
  readonly commonName: string;
  readonly organizations: readonly string[];
  readonly dnsNames: readonly string[];
  readonly addresses: readonly string[];
  readonly emailAddresses: readonly string[];
  readonly uris: readonly string[];
}

const BLOCK = /^-----BEGIN CERTIFICATE REQUEST-----[\s\S]*?-----END CERTIFICATE REQUEST-----/m;

/**
 * Reads a PKCS#10 request. Undefined when it is not one or its signature is not made with its own key: the bytes come
 * from a client.
 */
export async function readCertificateSigningRequest(
  pem: string,
): Promise<CertificateSigningRequestContents | undefined> {
  const block = BLOCK.exec(pem)?.[0];
  if (block === undefined) return undefined;
  await import("reflect-metadata");
  const x509 = await import("@peculiar/x509");
  try {
    const request = new x509.Pkcs10CertificateRequest(block);
    if (!(await request.verify())) return undefined;
    const extension = request.extensions.find(
      (each) => each instanceof x509.SubjectAlternativeNameExtension,
    );
    const names = extension?.names.items ?? [];
    const of = (type: string) =>
      names.filter((each) => each.type === type).map((each) => each.value);
    return {
      commonName: request.subjectName.getField("CN")[0] ?? "",
      organizations: request.subjectName.getField("O"),
      dnsNames: of("dns"),
      addresses: of("ip"),
      emailAddresses: of("email"),
      uris: of("url"),
    };
  } catch {
    // Whatever the parser says, it is not a request that can be read.
    return undefined;
  }
}
