import { pluginName } from './backend.js';

export { pluginName };

/** What `--plugin` adds to the backends of the command, by name. */
export const backends: Readonly<Record<string, typeof pluginName>> = { pluginName };
