/** The apiserver as its program is, but for fault points that its parent arms. Not a part of any program. */
import { buildApiserver, flags, openStorage, readSettings } from "@kubets/apiserver-app/testing";
import { runService } from "@kubets/service";
import { faultTrap, type Trap } from "./fault-trap.ts";

const trap = faultTrap((fault) => process.send?.({ fault }));
process.on("message", (message: Trap) => trap.arm(message));
process.channel?.unref();
// The parent has gone: nobody is left to serve.
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));

await runService({
  name: "kube-apiserver",
  description: "The apiserver under test.",
  flags,
  build: async (config, context) => {
    const settings = readSettings(config);
    const opened = await openStorage(settings, context, { faultPoint: trap.faultPoint });
    return buildApiserver(settings, opened, context).runnables;
  },
});
