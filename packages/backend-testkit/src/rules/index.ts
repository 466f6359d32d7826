import { copies } from './copies.js';
import { kernelTable } from './kernels.js';
import { misuse } from './misuse.js';
import { pendingWork } from './pending.js';
import type { Rule } from './rule.js';

/** What is to hold for a backend as a whole. */
export const rules: readonly Rule[] = [kernelTable, copies, pendingWork, misuse];
