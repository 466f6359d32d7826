import { defineOptimizer } from '@cnn/optim';
import { definition, type PluginNameOptions } from './definition.js';

export type { PluginNameOptions };

/**
 * Steps of one size along the sign of the averaged gradient (Signum; Bernstein et al., 2018): m ← β m + (1 - β) g;
 * p ← p - η sign(m). Default learning rate 0.001. Slots: `average` (m).
 */
export const pluginName = defineOptimizer<PluginNameOptions>(definition);
