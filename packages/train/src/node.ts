export { type CheckpointsOptions, checkpoints, latestCheckpoint } from './node/checkpoints.js';
export { csvLog, historyToCsv, jsonLog } from './node/logs.js';
