/** A small change to a program. */
export interface Mutant {
  readonly file: string;
  /** Counts from 1. */
  readonly line: number;
  readonly rule: string;
  readonly from: string;
  readonly to: string;
  readonly start: number;
  readonly end: number;
}

/** Every mutant of a source file. */
export function mutantsOf(file: string, text: string): Mutant[];

/** The file with a mutant in it. */
export function mutated(text: string, mutant: Mutant): string;
