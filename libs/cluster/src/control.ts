/**
 * How commands talk to a running cluster's supervisor: HTTP over a unix socket that only the user who made the cluster
 * can open. GET /status, GET /events (JSON lines until the cluster is up), POST /nodes (the spec has other nodes now), POST
 * /restart (the name of a component), POST /stop.
 */
import { createServer, request, type Server } from "node:http";
import { text } from "node:stream/consumers";
import type { ProcessState } from "./supervised-process.ts";

export interface Step {
  readonly text: string;
  readonly state: "running" | "done" | "failed";
  /** What went wrong and what to do. */
  readonly detail?: string;
}

export interface ComponentStatus {
  readonly name: string;
  readonly process: ProcessState;
}

export interface SupervisorStatus {
  readonly steps: readonly Step[];
  /** Everything was started; nodes may still be joining. */
  readonly up: boolean;
  readonly components: readonly ComponentStatus[];
}

export interface ControlHandlers {
  status(): SupervisorStatus;
  /** Calls back with every change; returns the function that ends it. */
  follow(onChange: (status: SupervisorStatus) => void): () => void;
  /** Starts the nodes that are new in the spec on disk and stops those that are gone from it. */
  followNodes(): Promise<void>;
  /** Resolves when the component runs its program as it is now, and is well. */
  restart(component: string): Promise<void>;
  stop(): Promise<void>;
}

export function createControlServer(handlers: ControlHandlers): Server {
  return createServer((incoming, response) => {
    const answer = (work: Promise<void>) => {
      work.then(
        () => response.end("{}"),
        (error: unknown) => {
          response.statusCode = 500;
          response.end(
            JSON.stringify({ error: error instanceof Error ? error.message : String(error) }),
          );
        },
      );
    };
    const route = `${incoming.method} ${incoming.url}`;
    if (route === "GET /status") {
      response.end(JSON.stringify(handlers.status()));
    } else if (route === "GET /events") {
      const send = (status: SupervisorStatus) => response.write(`${JSON.stringify(status)}\n`);
      const end = handlers.follow(send);
      response.once("close", end);
      send(handlers.status());
    } else if (route === "POST /stop") {
      answer(handlers.stop());
    } else if (route === "POST /nodes") {
      answer(handlers.followNodes());
    } else if (route === "POST /restart") {
      answer(text(incoming).then((body) => handlers.restart(body)));
    } else {
      response.statusCode = 404;
      response.end("{}");
    }
  });
}

/** What the supervisor could not do, in its words. */
export class SupervisorError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "SupervisorError";
  }
}

/** A connection that was kept would go on speaking to a supervisor that has handed its socket to another. */
const NO_AGENT = false;

/** It listens, and says nothing in time. */
export class SilentSupervisorError extends Error {
  constructor() {
    super("the supervisor does not answer; it is replaced soon, try again");
    this.name = "SilentSupervisorError";
  }
}

/** One call; undefined when no supervisor listens there. */
export function callSupervisor(
  socketPath: string,
  method: "GET" | "POST",
  path: string,
  timeoutMs: number,
  body = "",
): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const options = { socketPath, method, path, timeout: timeoutMs, agent: NO_AGENT };
    const call = request(options, (response) => {
      text(response).then((answer) => {
        if (response.statusCode === 200) resolve(answer);
        else reject(new SupervisorError(problemIn(answer)));
      }, reject);
    });
    call.on("timeout", () => call.destroy(new SilentSupervisorError()));
    call.on("error", (error: NodeJS.ErrnoException) => {
      if (["ENOENT", "ECONNREFUSED"].includes(error.code ?? "")) resolve(undefined);
      else reject(error);
    });
    call.end(body);
  });
}

function problemIn(answer: string): string {
  try {
    return (JSON.parse(answer) as { error?: string }).error ?? answer;
  } catch {
    return answer;
  }
}

/** Every status until the stream ends. */
export async function* followSupervisor(
  socketPath: string,
  signal: AbortSignal,
): AsyncGenerator<SupervisorStatus> {
  const response = await new Promise<NodeJS.ReadableStream>((resolve, reject) => {
    const call = request({ socketPath, path: "/events", signal, agent: NO_AGENT }, resolve);
    call.on("error", reject);
    call.end();
  });
  let rest = "";
  for await (const piece of response) {
    const lines = `${rest}${piece.toString()}`.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield JSON.parse(line) as SupervisorStatus;
  }
}
