/** About so many items, evenly spread, the first and the last among them. */
export const thin = <T>(items: readonly T[], most: number): T[] => {
  if (items.length <= most) return [...items];
  const last = items.length - 1;
  const places = Array.from({ length: Math.max(2, most) }, (_, i) => Math.round((i * last) / (Math.max(2, most) - 1)));
  return [...new Set(places)].map((place) => items[place]!);
};
