/**
 * Upstream: pkg/apis/core/v1/defaults.go SetDefaults_Pod, SetDefaults_Container, SetDefaults_Volume,
 * SetDefaults_ResourceList @1.36
 */
import {
  type JsonObject,
  type JsonValue,
  parseQuantity,
  quantityFromMilli,
  quantityMilli,
} from "@kubets/api";
import {
  isNil,
  isZero,
  itemsAt,
  madeAt,
  numberAt,
  objectAt,
  setIfZero,
  textAt,
} from "../../json-fields.ts";
import { isJsonObject, setOwn } from "../../plain-object.ts";
import { pullPolicyFor } from "./image-tag.ts";
import { podLevelResources } from "./pod-level-resources.ts";

const NANOS_PER_MILLI = 1_000_000n;
const MAY_BE_FINER = /[nu.]|e-/i;

export function podDefaults(pod: JsonObject): void {
  const spec = objectAt(pod, "spec");
  if (spec === undefined) return;
  // Of pods only: templates keep what was said. Upstream: conversion.go Convert_v1_Pod_To_core_Pod @1.36
  if (numberAt(spec, "terminationGracePeriodSeconds") < 0) spec.terminationGracePeriodSeconds = 1;
  const containers = itemsAt(spec, "containers");
  const initContainers = itemsAt(spec, "initContainers");
  for (const container of containers) requestsFromLimits(container);
  for (const container of initContainers) requestsFromLimits(container);
  if (!isNil(spec.resources)) podLevelResources(spec);
  if (spec.hostNetwork === true) {
    for (const container of containers) hostPortsFromContainerPorts(container);
    for (const container of initContainers) hostPortsFromContainerPorts(container);
  }
}

/** What has a limit and no request requests its limit. */
function requestsFromLimits(container: JsonObject): void {
  const resources = objectAt(container, "resources");
  const limits = objectAt(resources, "limits");
  if (resources === undefined || limits === undefined) return;
  const requests = madeAt(resources, "requests");
  for (const name in limits) {
    const limit = limits[name];
    if (limit !== undefined && !Object.hasOwn(requests, name)) setOwn(requests, name, limit);
  }
}

function hostPortsFromContainerPorts(container: JsonObject): void {
  for (const port of itemsAt(container, "ports")) {
    const containerPort = port.containerPort;
    if (isZero(port.hostPort) && !isZero(containerPort) && containerPort !== undefined) {
      port.hostPort = containerPort;
    }
  }
}

export function containerDefaults(container: JsonObject): void {
  if (isZero(container.imagePullPolicy)) {
    container.imagePullPolicy = pullPolicyFor(textAt(container, "image"));
  }
  setIfZero(container, "terminationMessagePath", "/dev/termination-log");
  setIfZero(container, "terminationMessagePolicy", "File");
}

/** A volume with nothing but a name is an emptyDir. */
export function volumeDefaults(volume: JsonObject): void {
  let hasSource = false;
  for (const field in volume) {
    if (field !== "name" && !isNil(volume[field])) hasSource = true;
  }
  if (!hasSource) volume.emptyDir = {};
  const image = objectAt(volume, "image");
  if (image !== undefined && isZero(image.pullPolicy)) {
    image.pullPolicy = pullPolicyFor(textAt(image, "reference"));
  }
}

/** Nothing finer than a milli is kept. */
function roundToMilli(value: JsonValue): JsonValue {
  if (typeof value !== "string" || !MAY_BE_FINER.test(value)) return value;
  const { nanos, format } = parseQuantity(value);
  return nanos % NANOS_PER_MILLI === 0n ? value : quantityFromMilli(quantityMilli(value), format);
}

export function resourceListDefaults(list: JsonObject): void {
  for (const name in list) {
    const value = list[name];
    if (value === undefined) continue;
    const rounded = roundToMilli(value);
    if (rounded !== value) setOwn(list, name, rounded);
  }
}

/** Limits and requests of a limit range fill each other. */
export function limitRangeItemDefaults(item: JsonObject): void {
  if (item.type !== "Container") return;
  const defaults = madeAt(item, "default");
  fillMissing(defaults, item.max);
  const requests = madeAt(item, "defaultRequest");
  fillMissing(requests, defaults);
  fillMissing(requests, item.min);
  if (isZero(defaults)) item.default = null;
  if (isZero(requests)) item.defaultRequest = null;
}

function fillMissing(target: JsonObject, source: JsonValue | undefined): void {
  if (!isJsonObject(source)) return;
  for (const name in source) {
    const value = source[name];
    if (value !== undefined && !Object.hasOwn(target, name)) setOwn(target, name, value);
  }
}
