import { connect } from "node:net";
import type { Clock } from "@kubets/service";
import { dialErrorText, hostPort, type ProbeOutcome } from "./probe-outcome.ts";

/** Succeeds when the port takes a connection. Upstream: pkg/probe/tcp/tcp.go DoTCPProbe @1.36 */
export function tcpProbe(
  target: { readonly host: string; readonly port: number },
  timeoutMs: number,
  clock: Clock,
): Promise<ProbeOutcome> {
  const shown = hostPort(target.host, target.port);
  return new Promise((resolve) => {
    const socket = connect(target.port, target.host);
    const finish = (outcome: ProbeOutcome) => {
      cancel();
      socket.destroy();
      resolve(outcome);
    };
    const cancel = clock.setTimer(timeoutMs, () =>
      finish({ result: "failure", output: `dial tcp ${shown}: i/o timeout` }),
    );
    socket.once("connect", () => finish({ result: "success", output: "" }));
    socket.once("error", (error) =>
      finish({ result: "failure", output: dialErrorText(error, shown) }),
    );
  });
}
