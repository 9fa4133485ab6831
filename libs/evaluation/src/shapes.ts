/** a / b, but 0 for 0 / 0: scikit-learn's `zero_division=0`. */
export const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

/**
 * Rows of a matrix that lies in one array.
 * @throws RangeError for a length that is no multiple of the width: a bug of the caller
 */
export const rowsOf = (name: string, { length }: ArrayLike<unknown>, width: number): number => {
  if (width === 0 ? length !== 0 : length % width !== 0)
    throw new RangeError(`${name} holds ${length} values, which is no multiple of ${width} labels`);
  return width === 0 ? 0 : length / width;
};

/** @throws RangeError for lengths that differ: a bug of the caller */
export const sameLength = (nameA: string, a: ArrayLike<unknown>, nameB: string, b: ArrayLike<unknown>): void => {
  if (a.length !== b.length) throw new RangeError(`${nameA} holds ${a.length} values, but ${nameB} ${b.length}`);
};

/** @throws RangeError for an index of a label that does not exist; −1 (unseen) is allowed: a bug of the caller */
export const checkClasses = (expected: Int32Array, classes: number): void => {
  const wrong = expected.findIndex((label) => label >= classes || label < -1);
  if (wrong >= 0) throw new RangeError(`text ${wrong} expects label ${expected[wrong]!}; there are ${classes} labels`);
};
