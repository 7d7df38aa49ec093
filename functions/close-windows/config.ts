import type { Environment } from '../environment.ts';
import { type ProcessStreamConfig, processStreamConfig } from '../process-stream/config.ts';

/** What the closer is told: it works on the same stream, state and delivery as the processor. */
export type CloseWindowsConfig = ProcessStreamConfig;

/** Configuration of the closer from its environment; frozen. Throws ConfigError. */
export function closeWindowsConfig(environment: Environment): CloseWindowsConfig {
  return processStreamConfig(environment);
}
