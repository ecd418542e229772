/**
 * What a reader of a container's log asks for.
 *
 * Upstream: pkg/kubelet/server/server.go getContainerLogs; pkg/apis/core/validation ValidatePodLogOptions @1.36
 */
import { parseTime } from "@kubets/api";
import { KubeletError } from "../kubelet-error.ts";

export interface LogOptions {
  readonly follow: boolean;
  readonly previous: boolean;
  readonly timestamps: boolean;
  readonly stream: "All" | "Stdout" | "Stderr";
  /** Lines before this time are left out. */
  readonly sinceMs?: number;
  readonly tailLines?: number;
  readonly limitBytes?: number;
}

/** Throws KubeletError for values that make no sense. */
export function parseLogOptions(query: URLSearchParams, nowMs: number): LogOptions {
  const tailLines = wholeNumber(query, "tailLines", 0);
  const limitBytes = wholeNumber(query, "limitBytes", 1);
  const sinceSeconds = wholeNumber(query, "sinceSeconds", 1);
  const sinceTime = query.get("sinceTime");
  if (sinceSeconds !== undefined && sinceTime !== null) {
    throw new KubeletError(
      "invalidSpec",
      "at most one of `sinceTime` or `sinceSeconds` may be specified",
    );
  }
  const sinceMs =
    sinceSeconds !== undefined ? nowMs - sinceSeconds * 1000 : parseTime(sinceTime ?? "");
  if (sinceTime !== null && sinceMs === undefined) {
    throw new KubeletError("invalidSpec", `sinceTime: Invalid value: ${JSON.stringify(sinceTime)}`);
  }
  const stream = query.get("stream") ?? "All";
  if (stream !== "All" && stream !== "Stdout" && stream !== "Stderr") {
    throw new KubeletError(
      "invalidSpec",
      `stream: Unsupported value: ${JSON.stringify(stream)}: supported values: "All", "Stderr", "Stdout"`,
    );
  }
  return {
    follow: flag(query, "follow"),
    previous: flag(query, "previous"),
    timestamps: flag(query, "timestamps"),
    stream,
    ...(sinceMs === undefined ? {} : { sinceMs }),
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
  };
}

export function flag(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  return value === "true" || value === "1";
}

function wholeNumber(query: URLSearchParams, name: string, min: number): number | undefined {
  const text = query.get(name);
  if (text === null || text === "") return undefined;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= min) return value;
  throw new KubeletError(
    "invalidSpec",
    `${name}: Invalid value: ${text}: must be greater than or equal to ${min}`,
  );
}
