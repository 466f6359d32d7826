export { type CheckpointsOptions, checkpoints, type LatestCheckpoint, latestCheckpoint } from './node/checkpoints.js';
export { csvLog, historyToCsv, jsonLog } from './node/logs.js';
