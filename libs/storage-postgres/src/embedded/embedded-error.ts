export type EmbeddedPostgresErrorCode =
  /** There are no binaries for this platform, or they were not installed. */
  | "noBinaries"
  /** Root, and no unprivileged user could be found or made. */
  | "noUser"
  /** The server's user cannot enter the folder. */
  | "folder"
  /** initdb failed. */
  | "init"
  /** The server did not come up, or did not go down. */
  | "server";

export class EmbeddedPostgresError extends Error {
  readonly code: EmbeddedPostgresErrorCode;
  constructor(code: EmbeddedPostgresErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "EmbeddedPostgresError";
    this.code = code;
  }
}
