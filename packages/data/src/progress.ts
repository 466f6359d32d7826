/** How far a slow piece of work is. */
export interface Progress {
  readonly stage: 'download' | 'decode';
  /** The file or dataset it is about. */
  readonly name: string;
  readonly done: number;
  /** Absent where it is not known. */
  readonly total?: number;
  readonly unit: 'bytes' | 'images';
}

/** Told of progress, often. */
export type OnProgress = (progress: Progress) => void;
