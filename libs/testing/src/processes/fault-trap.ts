import { Socket } from "node:net";
import type { FaultPoint, FaultPointName } from "@kubets/storage-postgres";
import type { FaultAction } from "./store-protocol.ts";

export interface Trap {
  readonly point: FaultPointName;
  readonly action: FaultAction;
  /** How often the point is passed before. */
  readonly after: number;
}

/** Every connection this process makes, so that all can be cut at once. Must be called before any is made. */
function rememberSockets(): Set<Socket> {
  const sockets = new Set<Socket>();
  const { connect } = Socket.prototype;
  Socket.prototype.connect = function (this: Socket, ...args: unknown[]) {
    sockets.add(this);
    this.once("close", () => sockets.delete(this));
    return Reflect.apply(connect, this, args);
  } as typeof connect;
  return sockets;
}

/** The fault points of this process: the one that is armed kills it, or cuts its connections, once. */
export function faultTrap(onCut: (point: FaultPointName) => void): {
  readonly faultPoint: FaultPoint;
  arm(trap: Trap): void;
} {
  const sockets = rememberSockets();
  let armed: Trap | undefined;
  return {
    faultPoint: (point) => {
      if (armed?.point !== point) return;
      if (armed.after > 0) {
        armed = { ...armed, after: armed.after - 1 };
        return;
      }
      const { action } = armed;
      armed = undefined;
      if (action === "kill") process.kill(process.pid, "SIGKILL");
      for (const socket of sockets) socket.destroy();
      onCut(point);
    },
    arm: (trap) => {
      armed = trap;
    },
  };
}
