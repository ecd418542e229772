/** Runtime events: containerd's own stream, or CRI's where the runtime is not containerd. */
import { type Client, type ClientReadableStream, type ServiceError, status } from "@grpc/grpc-js";
import {
  type ContainerEventResponse,
  ContainerEventType,
  type RuntimeServiceClient,
} from "../gen/api.ts";
import type { RuntimeEvent } from "../runtime.ts";
import { runtimeErrorFrom } from "./call.ts";
import { subscribeTaskEvents } from "./task-events.ts";

export async function* containerEvents(
  client: RuntimeServiceClient,
  raw: Client,
  signal: AbortSignal,
): AsyncGenerator<RuntimeEvent> {
  try {
    yield* read(subscribeTaskEvents(raw), signal, ({ event }) => event);
  } catch (error) {
    if (!isUnimplemented(error)) throw translated(error);
    try {
      yield* read(client.getContainerEvents({}), signal, criEvent);
    } catch (inner) {
      throw translated(inner);
    }
  }
}

const TYPES: ReadonlyMap<number, RuntimeEvent["type"]> = new Map<number, RuntimeEvent["type"]>([
  [ContainerEventType.CONTAINER_CREATED_EVENT, "created"],
  [ContainerEventType.CONTAINER_STARTED_EVENT, "started"],
  [ContainerEventType.CONTAINER_STOPPED_EVENT, "exited"],
  [ContainerEventType.CONTAINER_DELETED_EVENT, "deleted"],
]);

function criEvent(event: ContainerEventResponse): RuntimeEvent | undefined {
  const type = TYPES.get(event.containerEventType);
  return type === undefined ? undefined : { type, id: event.containerId };
}

async function* read<T>(
  stream: ClientReadableStream<T>,
  signal: AbortSignal,
  convert: (message: T) => RuntimeEvent | undefined,
): AsyncGenerator<RuntimeEvent> {
  const cancel = () => stream.cancel();
  if (signal.aborted) cancel();
  signal.addEventListener("abort", cancel, { once: true });
  try {
    for await (const message of stream as AsyncIterable<T>) {
      const event = convert(message);
      if (event !== undefined) yield event;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener("abort", cancel);
    stream.cancel();
  }
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && "code" in error && "details" in error;
}

function isUnimplemented(error: unknown): boolean {
  return isServiceError(error) && error.code === status.UNIMPLEMENTED;
}

function translated(error: unknown): unknown {
  return isServiceError(error) ? runtimeErrorFrom(error) : error;
}
