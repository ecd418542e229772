/** Chance as an argument, so that tests can say what comes out. */
export interface Randomness {
  /** A random UUID, version 4. */
  uuid(): string;
  /** A whole number from 0 up to, not including, `bound`. */
  below(bound: number): number;
}
