export { type BuiltinControllerOptions, builtinControllers } from "./builtin-controllers.ts";
export type { ControllerContext, ControllerDefinition } from "./controller-context.ts";
export {
  type ControllerManagerOptions,
  createControllerManager,
} from "./manager/controller-manager.ts";
export { selectControllers } from "./select-controllers.ts";
