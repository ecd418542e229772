/** What can happen to each service of the stack, and the order in which a test lets it happen. */
import type { Container, Stack } from "./stack.ts";

export const KINDS = ["kill", "pause", "disconnect", "upgrade"] as const;
export type Kind = (typeof KINDS)[number];

export interface Fault {
  readonly service: string;
  readonly kind: Kind;
  /** A program inside the service's container instead of the whole of it. */
  readonly inside?: "kubelet" | "proxy" | "containerd";
}

const SERVICES = [
  "postgres",
  "nats",
  "apiserver",
  "load-balancer",
  "scheduler",
  "controller-manager",
  "dns",
  "node",
] as const;

/** The variable of the compose file with each service's image. */
const IMAGES: Readonly<Record<string, string>> = {
  postgres: "KUBETS_POSTGRES_IMAGE",
  nats: "KUBETS_NATS_IMAGE",
  "load-balancer": "KUBETS_HAPROXY_IMAGE",
  node: "KUBETS_NODE_IMAGE",
};

/** For this long something hangs or is cut off. */
const HOLD_MS = 5_000;

export const nameOf = ({ service, kind, inside }: Fault): string =>
  `${kind} ${inside === undefined ? service : `${inside} of a node`}`;

/** Every fault there is, one by one. */
export function allFaults(): Fault[] {
  return [
    ...SERVICES.flatMap((service) => KINDS.map((kind) => ({ service, kind }))),
    ...(["kubelet", "proxy", "containerd"] as const).map((inside): Fault => {
      return { service: "node", kind: "kill", inside };
    }),
  ];
}

/** One fault for each service and each program of a node, kinds and order by the seed. */
export function someFaults(random: () => number): Fault[] {
  const all = allFaults();
  const targets = new Set(all.map(({ service, inside }) => `${service}/${inside ?? ""}`));
  const chosen = [...targets].map((target) => {
    const own = all.filter(({ service, inside }) => target === `${service}/${inside ?? ""}`);
    return pick(own, random);
  });
  return shuffled(chosen, random);
}

export function shuffled<T>(list: readonly T[], random: () => number): T[] {
  return list
    .map((entry) => ({ entry, rank: random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ entry }) => entry);
}

export function pick<T>(list: readonly T[], random: () => number): T {
  const entry = list[Math.floor(random() * list.length)];
  if (entry === undefined) throw new RangeError("nothing to pick from");
  return entry;
}

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Lets it happen, to one of the service's containers, and returns the containers whose programs it ended. */
export async function inflict(
  fault: Fault,
  stack: Stack,
  random: () => number,
): Promise<readonly Container[]> {
  const { service, kind, inside } = fault;
  const containers = await stack.containers(service);
  const target = pick(containers, random);
  const hold = () => new Promise<void>((resolve) => setTimeout(resolve, HOLD_MS));
  if (inside !== undefined) {
    const pattern = inside === "containerd" ? "containerd --config" : `${inside}/dist/main.js`;
    await stack.docker("exec", target.id, "pkill", "-KILL", "-f", pattern);
    return [];
  }
  switch (kind) {
    case "kill":
      await stack.crash(target);
      return [target];
    case "pause":
      await stack.freeze(target, hold);
      return [];
    case "disconnect":
      await stack.disconnect(service, target, hold);
      return [];
    case "upgrade":
      await upgrade(stack, service, containers.length);
      return containers;
  }
}

/** The same programs under another tag, as far as the engine knows: the containers are made again. */
async function upgrade(stack: Stack, service: string, replicas: number): Promise<void> {
  const variable = IMAGES[service] ?? "KUBETS_SERVICE_IMAGE";
  const image = stack.env[variable] ?? "";
  const [name = ""] = image.split(":");
  const next = `${name}:next-${service}`;
  await stack.docker("tag", image, next);
  const scale = `${service}=${replicas}`;
  const up = ["up", "-d", "--no-deps", "--no-build", "--scale", scale, service];
  // The second upgrade in a row goes back.
  const [first] = await stack.containers(service);
  const running = await stack.docker("inspect", "-f", "{{.Config.Image}}", first?.id ?? "");
  await stack.composeWith({ [variable]: running.trim() === next ? image : next }, ...up);
}
