// What the simulator is bound to.
import type { VectorIndex } from "#simulator/bindings/vector-index";
import type { SimulatorState } from "./state";

/** What the simulator is bound to. */
export interface SimulatorEnv {
	readonly SIMULATOR_STATE: DurableObjectNamespace<SimulatorState>;
	readonly VECTOR_INDEX: DurableObjectNamespace<VectorIndex>;
}
