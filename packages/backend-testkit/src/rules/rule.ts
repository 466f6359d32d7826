import type { AnyBackend } from '@cnn/tensor';

/** Makes the backend under test, a new one each time. */
export type CreateBackend = () => AnyBackend | Promise<AnyBackend>;

/** Something that is to hold for a backend as a whole. */
export interface Rule {
  readonly name: string;
  /** Throws where it does not hold. What it leaves on the backend is an error. */
  check(backend: AnyBackend): Promise<void>;
}
