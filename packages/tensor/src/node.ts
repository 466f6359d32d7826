export { FileError, readFileBytes, writeFileAtomic } from './node/files.js';
export { writeWhole } from './node/write-whole.js';
