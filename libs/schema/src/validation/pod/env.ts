/** Upstream: pkg/apis/core/validation/validation.go ValidateEnv, ValidateEnvFrom @1.36 */
import type { JsonObject } from "@kubets/api";
import { isNil, itemsAt, objectAt, textAt } from "../../json-fields.ts";
import { configMapKey, dns1123Label, dns1123Subdomain, environmentName } from "../formats.ts";
import type { Path } from "../path.ts";
import type { Problems } from "../problems.ts";
import { ENV_FIELD_PATHS, validateFieldRef, validateResourceFieldRef } from "./field-selectors.ts";
import { validateDescendingPath } from "./local-path.ts";
import type { PodContext } from "./pod-context.ts";

export function validateEnv(container: JsonObject, at: Path, context: PodContext): void {
  const { problems } = context;
  const variables = itemsAt(container, "env");
  for (let i = 0; i < variables.length; i++) {
    const variable = variables[i];
    const name = textAt(variable, "name");
    if (name === "") problems.required(at.child("env").index(i).child("name"));
    else {
      const messages = environmentName(name);
      if (messages.length > 0)
        problems.invalidEach(at.child("env").index(i).child("name"), name, messages);
    }
    const source = objectAt(variable, "valueFrom");
    if (source === undefined) continue;
    validateValueFrom(
      { source, value: textAt(variable, "value"), at: at.child("env").index(i).child("valueFrom") },
      context,
    );
  }
}

function validateValueFrom(
  from: { readonly source: JsonObject; readonly value: string; readonly at: Path },
  context: PodContext,
): void {
  const { source, at } = from;
  const { problems } = context;
  let sources = 0;
  const fieldRef = objectAt(source, "fieldRef");
  if (fieldRef !== undefined) {
    sources++;
    validateFieldRef(fieldRef, { allowed: ENV_FIELD_PATHS, at: at.child("fieldRef"), problems });
  }
  const resourceFieldRef = objectAt(source, "resourceFieldRef");
  if (resourceFieldRef !== undefined) {
    sources++;
    validateResourceFieldRef(resourceFieldRef, {
      inVolume: false,
      at: at.child("resourceFieldRef"),
      problems,
    });
  }
  for (const field of ["configMapKeyRef", "secretKeyRef"]) {
    const ref = objectAt(source, field);
    if (ref === undefined) continue;
    sources++;
    validateKeyRef(ref, at.child(field), problems);
  }
  const fileKeyRef = objectAt(source, "fileKeyRef");
  if (fileKeyRef !== undefined) {
    sources++;
    validateFileKeyRef(fileKeyRef, at.child("fileKeyRef"), problems);
  }
  if (sources === 0) {
    const detail =
      "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`";
    problems.invalid(at, "", detail);
  } else if (from.value !== "") {
    problems.invalid(at, "", "may not be specified when `value` is not empty");
  } else if (sources > 1) {
    problems.invalid(at, "", "may not have more than one field specified at a time");
  }
}

function validateKeyRef(ref: JsonObject, at: Path, problems: Problems): void {
  const name = textAt(ref, "name");
  const key = textAt(ref, "key");
  problems.invalidEach(at.child("name"), name, dns1123Subdomain(name));
  if (key === "") problems.required(at.child("key"));
  else problems.invalidEach(at.child("key"), key, configMapKey(key));
}

function validateFileKeyRef(ref: JsonObject, at: Path, problems: Problems): void {
  const key = textAt(ref, "key");
  if (key === "") problems.required(at.child("key"));
  else problems.invalidEach(at.child("key"), key, environmentName(key));
  const volumeName = textAt(ref, "volumeName");
  if (volumeName === "") problems.required(at.child("volumeName"));
  else problems.invalidEach(at.child("volumeName"), volumeName, dns1123Label(volumeName));
  const path = textAt(ref, "path");
  if (path === "") problems.required(at.child("path"));
  else validateDescendingPath(path, at.child("path"), problems);
}

/** Files of variables lie in volumes that the pod's containers write. Upstream: validateFileKeyRefVolumes */
export function validateFileKeyVolumes(spec: JsonObject, at: Path, problems: Problems): void {
  let volumes: Map<string, JsonObject> | undefined;
  for (const list of ["initContainers", "containers", "ephemeralContainers"]) {
    itemsAt(spec, list).forEach((container, i) => {
      itemsAt(container, "env").forEach((variable, j) => {
        const ref = objectAt(objectAt(variable, "valueFrom"), "fileKeyRef");
        if (ref === undefined) return;
        const name = textAt(ref, "volumeName");
        const here = at.child(list).index(i).child("env").index(j).child("valueFrom");
        const nameAt = here.child("fileKeyRef").child("volumeName");
        volumes ??= new Map(itemsAt(spec, "volumes").map((one) => [textAt(one, "name"), one]));
        const volume = volumes.get(name);
        if (volume === undefined) problems.notFound(nameAt, name);
        else if (isNil(volume.emptyDir))
          problems.invalid(nameAt, name, "referenced volume must be of type emptyDir");
      });
    });
  }
}

export function validateEnvFrom(container: JsonObject, at: Path, problems: Problems): void {
  const listAt = at.child("envFrom");
  itemsAt(container, "envFrom").forEach((source, i) => {
    const itemAt = listAt.index(i);
    const prefix = textAt(source, "prefix");
    if (prefix !== "")
      problems.invalidEach(itemAt.child("prefix"), prefix, environmentName(prefix));
    let sources = 0;
    for (const field of ["configMapRef", "secretRef"]) {
      const ref = objectAt(source, field);
      if (ref === undefined) continue;
      sources++;
      const name = textAt(ref, "name");
      const nameAt = itemAt.child(field).child("name");
      if (name === "") problems.required(nameAt);
      else problems.invalidEach(nameAt, name, dns1123Subdomain(name));
    }
    // Upstream reports these two at the list.
    if (sources === 0)
      problems.invalid(listAt, "", "must specify one of: `configMapRef` or `secretRef`");
    else if (sources > 1)
      problems.invalid(listAt, "", "may not have more than one field specified at a time");
  });
}
