import type { AnyBackend } from '@cnn/tensor';
import type { FloatDType, OpCase } from '../op-table/op-case.js';
import type { Oracle } from '../oracle.js';
import type { ToleranceOf } from '../tolerance.js';

/** Where and how a row is checked. */
export interface CheckContext {
  /** The backend under test, which is watched: what a check leaves on it is an error. */
  readonly backend: AnyBackend;
  readonly dtype: FloatDType;
  readonly oracle: Oracle;
  readonly tolerance: ToleranceOf;
}

/** Something that is to hold for rows of the op table. */
export interface Property<C extends OpCase = OpCase> {
  readonly name: string;
  /** The column of the report that it counts for. */
  readonly part: 'forward' | 'gradient';
  /** Whether it says something about a row. */
  appliesTo(opCase: C): boolean;
  /** Throws where it does not hold. */
  check(opCase: C, context: CheckContext): Promise<void>;
}
