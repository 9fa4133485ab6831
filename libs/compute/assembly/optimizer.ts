// AssemblyScript: compiled to WebAssembly by tools/generate. One pass over memory where a graph of ONNX nodes takes twelve.
// Arrays start on 16 bytes and are padded with zeros to whole vectors of four floats.

/** Σ x², in double precision over runs of 4,096 vectors. */
export function squaredNorm(x: usize, vectors: i32): f64 {
  let total: f64 = 0;
  let i = 0;
  while (i < vectors) {
    const end = min(i + 4096, vectors);
    let sum = f32x4.splat(0);
    for (; i < end; i++) {
      const a = v128.load(x + ((<usize>i) << 4));
      sum = f32x4.add(sum, f32x4.mul(a, a));
    }
    total +=
      <f64>f32x4.extract_lane(sum, 0) +
      <f64>f32x4.extract_lane(sum, 1) +
      <f64>f32x4.extract_lane(sum, 2) +
      <f64>f32x4.extract_lane(sum, 3);
  }
  return total;
}

/** m ← β₁m + first·g; v ← β₂v + second·g²; θ ← keep·θ − rate·m / (√v + ε) */
export function adamw(
  value: usize,
  m: usize,
  v: usize,
  gradient: usize,
  vectors: i32,
  beta1: f32,
  first: f32,
  beta2: f32,
  second: f32,
  rate: f32,
  epsilon: f32,
  keep: f32,
): void {
  const b1 = f32x4.splat(beta1);
  const b2 = f32x4.splat(beta2);
  const f1 = f32x4.splat(first);
  const f2 = f32x4.splat(second);
  const r = f32x4.splat(rate);
  const e = f32x4.splat(epsilon);
  const k = f32x4.splat(keep);
  for (let i = 0; i < vectors; i++) {
    const at = (<usize>i) << 4;
    const g = v128.load(gradient + at);
    const nextM = f32x4.add(f32x4.mul(b1, v128.load(m + at)), f32x4.mul(f1, g));
    const nextV = f32x4.add(f32x4.mul(b2, v128.load(v + at)), f32x4.mul(f2, f32x4.mul(g, g)));
    v128.store(m + at, nextM);
    v128.store(v + at, nextV);
    const step = f32x4.div(f32x4.mul(r, nextM), f32x4.add(f32x4.sqrt(nextV), e));
    v128.store(value + at, f32x4.sub(f32x4.mul(k, v128.load(value + at)), step));
  }
}
