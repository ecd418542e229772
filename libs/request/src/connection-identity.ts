/** Who stands at the other end of a connection, read once for all its requests. */
import type { X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";

export interface ConnectionIdentity {
  readonly remoteAddress: string;
  readonly clientCertificates: readonly Buffer[];
}

const identities = new WeakMap<object, ConnectionIdentity>();

export function identityOf(socket: TLSSocket): ConnectionIdentity {
  let identity = identities.get(socket);
  if (identity === undefined) {
    identity = {
      remoteAddress: socket.remoteAddress ?? "",
      clientCertificates: presentedChain(socket.getPeerX509Certificate()),
    };
    identities.set(socket, identity);
  }
  return identity;
}

const chainLengthMax = 8;

function presentedChain(leaf: X509Certificate | undefined): readonly Buffer[] {
  const chain: Buffer[] = [];
  let current = leaf;
  while (current !== undefined && chain.length < chainLengthMax) {
    chain.push(current.raw);
    const issuer = current.issuerCertificate;
    if (issuer === undefined || issuer.raw.equals(current.raw)) break;
    current = issuer;
  }
  return chain;
}
