/** Of vectors of length 1: their cosine. */
export const dot = (a: Float32Array, b: Float32Array): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
};

/** Where the vector most like this one stands; −1 among none. */
export const nearestPlace = (vector: Float32Array, among: readonly Float32Array[]): number => {
  let [best, most] = [-1, -Infinity];
  among.forEach((other, i) => {
    const likeness = dot(vector, other);
    if (likeness > most) [best, most] = [i, likeness];
  });
  return best;
};

/** The given places, the most alike first; of equals the first. */
export const nearestPlaces = (
  vector: Float32Array,
  among: readonly Float32Array[],
  places: readonly number[],
): number[] => {
  const likeness = new Map(places.map((place) => [place, dot(vector, among[place]!)]));
  return [...places].sort((a, b) => likeness.get(b)! - likeness.get(a)! || a - b);
};
