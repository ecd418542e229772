/** Upstream: pkg/apis/core/validation/validation.go validateProbe, validateHandler, validateLifecycle @1.36 */
import type { JsonObject } from "@kubets/api";
import {
  isNil,
  isZero,
  itemsAt,
  maybeNumberAt,
  numberAt,
  objectAt,
  textAt,
} from "../../json-fields.ts";
import { httpHeaderName } from "../formats.ts";
import type { Path } from "../path.ts";
import { NOT_NEGATIVE, type Problems } from "../problems.ts";
import type { PodContext } from "./pod-context.ts";
import { validatePortNumberOrName } from "./ports.ts";

const SCHEMES: readonly string[] = ["HTTP", "HTTPS"];
const PROBE_HANDLERS = ["exec", "httpGet", "tcpSocket", "grpc"] as const;
const LIFECYCLE_HANDLERS = ["exec", "httpGet", "tcpSocket", "sleep"] as const;
const PROBE_NUMBERS = [
  "initialDelaySeconds",
  "timeoutSeconds",
  "periodSeconds",
  "successThreshold",
  "failureThreshold",
] as const;

type Handler = (typeof PROBE_HANDLERS)[number] | (typeof LIFECYCLE_HANDLERS)[number];

export function validateProbes(container: JsonObject, at: Path, context: PodContext): void {
  const { problems } = context;
  for (const field of ["livenessProbe", "readinessProbe", "startupProbe"] as const) {
    const probe = objectAt(container, field);
    if (probe === undefined) continue;
    validateProbe(probe, at.child(field), context);
    if (field === "readinessProbe") {
      if (!isNil(probe.terminationGracePeriodSeconds)) {
        const detail = "must not be set for readinessProbes";
        const fieldAt = at.child(field).child("terminationGracePeriodSeconds");
        problems.invalid(fieldAt, probe.terminationGracePeriodSeconds, detail);
      }
    } else if (numberAt(probe, "successThreshold") !== 1) {
      const threshold = numberAt(probe, "successThreshold");
      problems.invalid(at.child(field).child("successThreshold"), threshold, "must be 1");
    }
  }
}

function validateProbe(probe: JsonObject, at: Path, context: PodContext): void {
  validateHandler(probe, PROBE_HANDLERS, at, context);
  for (const field of PROBE_NUMBERS) {
    const value = numberAt(probe, field);
    if (value < 0) context.problems.invalid(at.child(field), value, NOT_NEGATIVE);
  }
  const grace = maybeNumberAt(probe, "terminationGracePeriodSeconds");
  if (grace !== undefined && grace <= 0) {
    context.problems.invalid(
      at.child("terminationGracePeriodSeconds"),
      grace,
      "must be greater than 0",
    );
  }
}

export function validateLifecycle(container: JsonObject, at: Path, context: PodContext): void {
  const lifecycle = objectAt(container, "lifecycle");
  if (lifecycle === undefined) return;
  for (const field of ["postStart", "preStop"]) {
    const handler = objectAt(lifecycle, field);
    if (handler !== undefined) {
      validateHandler(handler, LIFECYCLE_HANDLERS, at.child("lifecycle").child(field), context);
    }
  }
}

function validateHandler(
  holder: JsonObject,
  handlers: readonly Handler[],
  at: Path,
  context: PodContext,
): void {
  let count = 0;
  for (const name of handlers) {
    const handler = objectAt(holder, name);
    if (handler === undefined) continue;
    if (count > 0) {
      context.problems.forbidden(at.child(name), "may not specify more than 1 handler type");
      continue;
    }
    count++;
    validateAction(name, handler, at.child(name), context);
  }
  if (count === 0) context.problems.required(at, "must specify a handler type");
}

function validateAction(name: Handler, action: JsonObject, at: Path, context: PodContext): void {
  const { problems } = context;
  switch (name) {
    case "exec":
      if (isZero(action.command)) problems.required(at.child("command"));
      break;
    case "httpGet":
      validateHttpGet(action, at, problems);
      break;
    case "tcpSocket":
    case "grpc":
      validatePortNumberOrName(action.port, at.child("port"), problems);
      break;
    case "sleep":
      validateSleep(numberAt(action, "seconds"), at, context);
      break;
  }
}

function validateHttpGet(action: JsonObject, at: Path, problems: Problems): void {
  if (textAt(action, "path") === "") problems.required(at.child("path"));
  validatePortNumberOrName(action.port, at.child("port"), problems);
  const scheme = textAt(action, "scheme");
  if (!SCHEMES.includes(scheme)) problems.notSupported(at.child("scheme"), scheme, SCHEMES);
  for (const header of itemsAt(action, "httpHeaders")) {
    const name = textAt(header, "name");
    problems.invalidEach(at.child("httpHeaders"), name, httpHeaderName(name));
  }
}

function validateSleep(
  seconds: number,
  at: Path,
  { gracePeriodSeconds, problems }: PodContext,
): void {
  if (gracePeriodSeconds === undefined || (seconds >= 0 && seconds <= gracePeriodSeconds)) return;
  const detail = `must be non-negative and less than terminationGracePeriodSeconds (${gracePeriodSeconds})`;
  problems.invalid(at, seconds, detail);
}
