/** Upstream: pkg/apis/core/validation/validation.go validateContainerPorts, checkHostPortConflicts @1.36 */
import type { JsonObject, JsonValue } from "@kubets/api";
import { itemsAt, numberAt, textAt } from "../../json-fields.ts";
import { portName, portNumber } from "../formats.ts";
import type { Path } from "../path.ts";
import type { Problems } from "../problems.ts";

export const PROTOCOLS: readonly string[] = ["SCTP", "TCP", "UDP"];

export function validateContainerPorts(container: JsonObject, at: Path, problems: Problems): void {
  const ports = itemsAt(container, "ports");
  if (ports.length === 0) return;
  const names = new Set<string>();
  ports.forEach((port, i) => {
    const portAt = at.child("ports").index(i);
    const name = textAt(port, "name");
    if (name !== "") {
      const messages = portName(name);
      if (messages.length > 0) problems.invalidEach(portAt.child("name"), name, messages);
      else if (names.has(name)) problems.duplicate(portAt.child("name"), name);
      else names.add(name);
    }
    const containerPort = numberAt(port, "containerPort");
    if (containerPort === 0) problems.required(portAt.child("containerPort"));
    else
      problems.invalidEach(portAt.child("containerPort"), containerPort, portNumber(containerPort));
    const hostPort = numberAt(port, "hostPort");
    if (hostPort !== 0)
      problems.invalidEach(portAt.child("hostPort"), hostPort, portNumber(hostPort));
    validateProtocol(textAt(port, "protocol"), portAt.child("protocol"), problems);
  });
}

export function validateProtocol(protocol: string, at: Path, problems: Problems): void {
  if (protocol === "") problems.required(at);
  else if (!PROTOCOLS.includes(protocol)) problems.notSupported(at, protocol, PROTOCOLS);
}

/** No two ports of these containers may want the same port of the host; `at` is the list of containers. */
export function validateHostPorts(
  containers: readonly JsonObject[],
  at: Path,
  problems: Problems,
): void {
  let taken: Set<string> | undefined;
  containers.forEach((container, c) => {
    itemsAt(container, "ports").forEach((port, p) => {
      const hostPort = numberAt(port, "hostPort");
      if (hostPort === 0) return;
      const identity = `${textAt(port, "protocol")}/${textAt(port, "hostIP")}/${hostPort}`;
      taken ??= new Set();
      if (taken.has(identity))
        problems.duplicate(at.index(c).child("ports").index(p).child("hostPort"), identity);
      taken.add(identity);
    });
  });
}

/** On the host's network a container's port is the host's port. */
export function validateHostNetworkPorts(
  containers: readonly JsonObject[],
  at: Path,
  options: { readonly isPod: boolean; readonly problems: Problems },
): void {
  containers.forEach((container, c) => {
    itemsAt(container, "ports").forEach((port, p) => {
      const hostPort = numberAt(port, "hostPort");
      if ((!options.isPod && hostPort === 0) || hostPort === numberAt(port, "containerPort"))
        return;
      const detail = "must match `containerPort` when `hostNetwork` is true";
      options.problems.invalid(
        at.index(c).child("ports").index(p).child("hostPort"),
        hostPort,
        detail,
      );
    });
  });
}

export function validatePortNumberOrName(
  port: JsonValue | undefined,
  at: Path,
  problems: Problems,
): void {
  if (typeof port === "string") problems.invalidEach(at, port, portName(port));
  else {
    const number = typeof port === "number" ? port : 0;
    problems.invalidEach(at, number, portNumber(number));
  }
}
