// AssemblyScript: compiled to WebAssembly together with optimizer.ts.

/** Added to a float below 2²², 1.5·2²³ leaves its nearest integer in the low bits (ties to even). */
const toInteger: f32 = 12582912;

function nearest(x: v128): v128 {
  return i32x4.sub(f32x4.add(x, f32x4.splat(toInteger)), i32x4.splat(0x4b400000)); // the bits of 1.5·2²³
}

/** 4 × 4 floats within ±127 → 16 signed bytes. */
function pack(a: v128, b: v128, c: v128, d: v128): v128 {
  return i8x16.narrow_i16x8_s(
    i16x8.narrow_i32x4_s(nearest(a), nearest(b)),
    i16x8.narrow_i32x4_s(nearest(c), nearest(d)),
  );
}

/** What an int8 step of 1 is worth; never 0, so that an empty column divides. */
const smallest: f32 = 1e-20;

/**
 * A matrix [rows, columns] as int8, twice: with one scale a column (for x·W) and one a row (for g·Wᵀ).
 * columns is a multiple of 16. scales: 4 vectors of columns, then rows.
 */
export function quantize(
  matrix: usize,
  rows: i32,
  columns: i32,
  byColumn: usize,
  columnScales: usize,
  byRow: usize,
  rowScales: usize,
): void {
  const width = (<usize>columns) << 2;
  memory.fill(columnScales, 0, width);
  for (let r = 0; r < rows; r++) {
    const row = matrix + <usize>r * width;
    let most = f32x4.splat(0);
    for (let at: usize = 0; at < width; at += 16) {
      const magnitude = f32x4.abs(v128.load(row + at));
      most = f32x4.pmax(most, magnitude);
      v128.store(columnScales + at, f32x4.pmax(v128.load(columnScales + at), magnitude));
    }
    const largest = max(
      max(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1)),
      max(f32x4.extract_lane(most, 2), f32x4.extract_lane(most, 3)),
    );
    store<f32>(rowScales + ((<usize>r) << 2), max(largest, smallest) / 127);
  }
  // For the second sweep the scales stand inverted.
  for (let at: usize = 0; at < width; at += 16)
    v128.store(
      columnScales + at,
      f32x4.div(f32x4.splat(127), f32x4.pmax(v128.load(columnScales + at), f32x4.splat(smallest))),
    );
  for (let r = 0; r < rows; r++) {
    const row = matrix + <usize>r * width;
    const out = <usize>r * <usize>columns;
    const inverse = f32x4.splat(1 / load<f32>(rowScales + ((<usize>r) << 2)));
    for (let at: usize = 0; at < width; at += 64) {
      const a = v128.load(row + at);
      const b = v128.load(row + at, 16);
      const c = v128.load(row + at, 32);
      const d = v128.load(row + at, 48);
      const s = columnScales + at;
      v128.store(
        byColumn + out + (at >> 2),
        pack(
          f32x4.mul(a, v128.load(s)),
          f32x4.mul(b, v128.load(s, 16)),
          f32x4.mul(c, v128.load(s, 32)),
          f32x4.mul(d, v128.load(s, 48)),
        ),
      );
      v128.store(
        byRow + out + (at >> 2),
        pack(f32x4.mul(a, inverse), f32x4.mul(b, inverse), f32x4.mul(c, inverse), f32x4.mul(d, inverse)),
      );
    }
  }
  for (let at: usize = 0; at < width; at += 16)
    v128.store(columnScales + at, f32x4.div(f32x4.splat(1), v128.load(columnScales + at)));
}
