/** Upstream: pkg/apis/core/validation/events.go @1.36 */
import type { JsonObject, JsonValue } from "@kubets/api";
import { isNil, isZero, numberAt, objectAt, textAt } from "../../json-fields.ts";
import { byteLength, dns1123Subdomain, qualifiedName } from "../formats.ts";
import type { KindRules } from "../kind-rules.ts";
import { Path } from "../path.ts";
import type { Problems } from "../problems.ts";
import { semanticEqual } from "../semantic-equal.ts";
import { shownReference } from "../shown-reference.ts";

const LENGTH_MAX = 128;
const MESSAGE_LENGTH_MAX = 1024;
const INVOLVED_NAMESPACE = Path.of("involvedObject", "namespace");
const MISMATCH = "does not match event.namespace";

/** The core kind names some fields differently from the kind of events.k8s.io. */
interface FieldNames {
  readonly involved: string;
  readonly message: string;
  readonly controller: string;
}

const CORE: FieldNames = {
  involved: "involvedObject",
  message: "message",
  controller: "reportingComponent",
};
const EVENTS: FieldNames = {
  involved: "regarding",
  message: "note",
  controller: "reportingController",
};

export const coreEventRules: KindRules = {
  create: (event, problems) => validateEvent(event, CORE, problems),
  update: (event, _old, problems) => validateEvent(event, CORE, problems),
};

function validateEvent(event: JsonObject, names: FieldNames, problems: Problems): void {
  const namespace = textAt(objectAt(event, "metadata"), "namespace");
  const involved = textAt(objectAt(event, names.involved), "namespace");
  if (isNil(event.eventTime)) {
    const fits =
      involved === "" ? namespace === "" || namespace === "default" : namespace === involved;
    if (!fits) problems.invalid(INVOLVED_NAMESPACE, involved, MISMATCH);
  } else {
    if (involved === "" && namespace !== "default" && namespace !== "kube-system") {
      problems.invalid(INVOLVED_NAMESPACE, involved, MISMATCH);
    }
    validateReporter(event, names, problems);
  }
  problems.invalidEach(Path.of("namespace"), namespace, dns1123Subdomain(namespace));
}

function validateReporter(event: JsonObject, names: FieldNames, problems: Problems): void {
  const controller = textAt(event, names.controller);
  const controllerAt = Path.of(names.controller);
  if (controller === "") problems.required(controllerAt);
  problems.invalidEach(controllerAt, controller, qualifiedName(controller));
  for (const field of ["reportingInstance", "action", "reason"]) {
    const value = textAt(event, field);
    if (value === "") problems.required(Path.of(field));
    if (byteLength(value) > LENGTH_MAX) {
      problems.invalid(Path.of(field), "", `can have at most ${LENGTH_MAX} characters`);
    }
  }
  if (byteLength(textAt(event, names.message)) > MESSAGE_LENGTH_MAX) {
    problems.invalid(Path.of("message"), "", `can have at most ${MESSAGE_LENGTH_MAX} characters`);
  }
}

/** The newer API is strict where the core one lets old clients through. */
export const eventsEventRules: KindRules = {
  create(event, problems) {
    validateEvent(event, EVENTS, problems);
    validateSeries(event, problems);
    if (isNil(event.eventTime)) problems.required(Path.of("eventTime"));
    const type = textAt(event, "type");
    if (type !== "Normal" && type !== "Warning") {
      problems.invalid(Path.of("type"), "", `has invalid value: ${type}`);
    }
    const unset = [
      ["deprecatedFirstTimestamp", "firstTimestamp"],
      ["deprecatedLastTimestamp", "lastTimestamp"],
      ["deprecatedCount", "count"],
    ] as const;
    for (const [field, shown] of unset) {
      if (!isZero(event[field])) problems.invalid(Path.of(shown), "", "needs to be unset");
    }
    if (!isZero(event.deprecatedSource))
      problems.invalid(Path.of("source"), "", "needs to be unset");
  },
  update(event, old, problems) {
    validateEvent(event, EVENTS, problems);
    if (!semanticEqual(event.series, old.series)) validateSeries(event, problems);
    for (const [field, name, shown] of IMMUTABLE_FIELDS) {
      if (!semanticEqual(event[field], old[field]))
        problems.immutable(Path.of(name), shown(event, field));
    }
  },
};

type Shown = (event: JsonObject, field: string) => JsonValue | undefined;
const asText: Shown = textAt;
const asItIs: Shown = (event, field) => event[field];

/** As Go writes its internal type. */
const asSource: Shown = (event, field) => {
  const source = objectAt(event, field);
  return { Component: textAt(source, "component"), Host: textAt(source, "host") };
};

const asReference: Shown = (event, field) =>
  isNil(event[field]) && field === "related" ? null : shownReference(objectAt(event, field));

/** In upstream's order, which has the reason twice. */
const IMMUTABLE_FIELDS: readonly (readonly [field: string, name: string, shown: Shown])[] = [
  ["regarding", "involvedObject", asReference],
  ["reason", "reason", asText],
  ["note", "message", asText],
  ["deprecatedSource", "source", asSource],
  ["deprecatedFirstTimestamp", "firstTimestamp", asItIs],
  ["deprecatedLastTimestamp", "lastTimestamp", asItIs],
  ["deprecatedCount", "count", numberAt],
  ["reason", "reason", asText],
  ["type", "type", asText],
  ["eventTime", "eventTime", asItIs],
  ["action", "action", asText],
  ["related", "related", asReference],
  ["reportingController", "reportingController", asText],
  ["reportingInstance", "reportingInstance", asText],
];

function validateSeries(event: JsonObject, problems: Problems): void {
  const series = objectAt(event, "series");
  if (series === undefined) return;
  if (numberAt(series, "count") < 2)
    problems.invalid(Path.of("series.count"), "", "should be at least 2");
  if (isNil(series.lastObservedTime)) problems.required(Path.of("series.lastObservedTime"));
}
