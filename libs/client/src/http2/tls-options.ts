/** How a client proves itself and whom it trusts. All PEM. */
export interface TlsOptions {
  /** The authorities that may have signed the server's certificate. Default: the system's. */
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  /** The name that the server's certificate must carry. Default: the host of the address. */
  readonly serverName?: string;
  /** Accept any certificate. Default false; upstream's `insecure-skip-tls-verify`. */
  readonly insecureSkipVerify?: boolean;
}
