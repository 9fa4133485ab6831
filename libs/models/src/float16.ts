const floats = new Float32Array(1);
const bits = new Uint32Array(floats.buffer);

/** The bits of the float16 next to a number, ties to even; ±∞ beyond 65,504. */
const half = (value: number): number => {
  floats[0] = value;
  const single = bits[0]!;
  const sign = (single >>> 16) & 0x8000;
  const magnitude = single & 0x7fffffff;
  if (magnitude >= 0x47800000) return sign | (magnitude > 0x7f800000 ? 0x7e00 : 0x7c00); // NaN, or 65,536 and more
  // Below 2⁻¹⁴ the step is 2⁻²⁴ throughout; adding 0.5 lets the processor round at that place.
  if (magnitude < 0x38800000) {
    floats[0] = Math.abs(value) + 0.5;
    return sign | (bits[0]! - 0x3f000000);
  }
  const odd = (magnitude >>> 13) & 1;
  return sign | ((magnitude - 0x38000000 + 0xfff + odd) >>> 13);
};

/** fp32 → the bits of float16. */
export const toFloat16 = (values: Float32Array): Uint16Array => {
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) halves[i] = half(values[i]!);
  return halves;
};

const fromBits = (bits: number): number => {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const magnitude =
    exponent === 0
      ? fraction * 2 ** -24
      : exponent === 31
        ? fraction
          ? NaN
          : Infinity
        : (1 + fraction / 1024) * 2 ** (exponent - 15);
  return bits & 0x8000 ? -magnitude : magnitude;
};

let table: Float32Array | undefined;

/** The bits of float16 → fp32. */
export const fromFloat16 = (halves: Uint16Array): Float32Array => {
  const values = (table ??= Float32Array.from({ length: 65_536 }, (_, bits) => fromBits(bits)));
  const result = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) result[i] = values[halves[i]!]!;
  return result;
};
