/** Something given on the command line that cannot be used. Its message is all that the user needs. */
export class InputError extends Error {
  override name = 'InputError';
}
