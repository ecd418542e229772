/**
 * The list+watch loop as a state machine: which request is next, decided from the outcome of the last
 * one. The informer performs what the state says and feeds the outcome back.
 *
 *     listing ──listed──▶ watching ──events──▶ watching …
 *        ▲                    │ 410
 *        └──── waiting ◀──────┴── broken: wait, then resume from the last revision
 *
 * Upstream: client-go tools/cache/reflector.go Reflector.ListAndWatch @1.36
 */
export type ListWatchState =
  | { readonly kind: "listing"; readonly failures: number; readonly expirations: number }
  | {
      readonly kind: "watching";
      /** Everything up to here has been seen. */
      readonly revision: string;
      /** Requests in a row that failed or brought nothing. */
      readonly failures: number;
      /** Times in a row that the history was gone before anything came. */
      readonly expirations: number;
    }
  | { readonly kind: "waiting"; readonly delayMs: number; readonly next: ListWatchState };

export type ListWatchOutcome =
  | { readonly kind: "listed"; readonly revision: string }
  | { readonly kind: "listFailed" }
  /** Events or a bookmark moved the revision. */
  | { readonly kind: "progressed"; readonly revision: string }
  /** The server ended the watch, as it does from time to time. */
  | { readonly kind: "watchEnded" }
  | { readonly kind: "watchFailed" }
  /** 410: the history after our revision is gone. */
  | { readonly kind: "expired" }
  | { readonly kind: "waited" };

export const INITIAL_STATE: ListWatchState = { kind: "listing", failures: 0, expirations: 0 };

/** `delayMs(failures)` gives the back-off after so many failures in a row. */
export function stepListWatch(
  state: ListWatchState,
  outcome: ListWatchOutcome,
  delayMs: (failures: number) => number,
): ListWatchState {
  switch (state.kind) {
    case "listing":
      switch (outcome.kind) {
        case "listed":
          return { ...state, kind: "watching", revision: outcome.revision };
        case "listFailed":
        case "expired": {
          const failures = state.failures + 1;
          return { kind: "waiting", delayMs: delayMs(failures), next: { ...state, failures } };
        }
        default:
          return state;
      }
    case "watching":
      switch (outcome.kind) {
        case "progressed":
          return { kind: "watching", revision: outcome.revision, failures: 0, expirations: 0 };
        case "expired": {
          const { failures, expirations } = state;
          const next = { kind: "listing", failures, expirations: expirations + 1 } as const;
          // Once is ordinary; a server that always answers 410 must not be asked without pause.
          if (expirations === 0) return next;
          return { kind: "waiting", delayMs: delayMs(expirations), next };
        }
        case "watchEnded":
        case "watchFailed": {
          // A watch that brought something and ended may be resumed at once.
          if (outcome.kind === "watchEnded" && state.failures === 0) {
            return { ...state, failures: 1 };
          }
          const failures = state.failures + 1;
          return { kind: "waiting", delayMs: delayMs(failures), next: { ...state, failures } };
        }
        default:
          return state;
      }
    case "waiting":
      return outcome.kind === "waited" ? state.next : state;
  }
}
