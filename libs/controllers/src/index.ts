export {
  type BuiltinControllerOptions,
  builtinControllers,
  selectControllers,
} from "./builtin-controllers.ts";
export type { ControllerContext, ControllerDefinition } from "./controller-context.ts";
export {
  type ControllerManagerOptions,
  createControllerManager,
} from "./manager/controller-manager.ts";
