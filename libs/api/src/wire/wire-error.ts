/** The bytes are no message of the expected type; the edge answers 400 with this text. */
export class WireError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "WireError";
  }
}

export const UNEXPECTED_END = "unexpected EOF";
