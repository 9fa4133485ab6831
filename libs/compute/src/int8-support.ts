import { compile } from './compile.ts';
import { int8Linear } from './ops/int8-linear.ts';
import { createSession } from './session.ts';

// Processors without instructions for 8-bit dot products add pairs of products in 16 bits, which saturates: ONNX Runtime is
// then neither exact nor fast. Two products of the largest bytes tell them apart, on any operating system and every time alike.
const inner = 64;
const columns = 16;
const largest = 127;

/** Whether 8-bit products are exact on this processor, which is where they are fast, too. */
export const hasExactInt8 = async (): Promise<boolean> => {
  const program = compile(
    ({ x, weight, bias, byColumn, columnScales, byRow, rowScales }) => ({
      y: int8Linear(x!, weight!, bias!, {
        byColumn: byColumn!,
        columnScales: columnScales!,
        byRow: byRow!,
        rowScales: rowScales!,
      }),
    }),
    {
      x: { shape: [1, inner] },
      weight: { shape: [inner, columns] },
      bias: { shape: [columns] },
      byColumn: { shape: [inner, columns], dtype: 'int8' },
      columnScales: { shape: [columns] },
      byRow: { shape: [inner, columns], dtype: 'int8' },
      rowScales: { shape: [inner] },
    },
  );
  const session = await createSession(program, { threads: 1 });
  try {
    const bytes = { shape: [inner, columns], data: new Int8Array(inner * columns).fill(largest) };
    const { y } = await session.run({
      x: { shape: [1, inner], data: new Float32Array(inner).fill(1) },
      weight: { shape: [inner, columns], data: new Float32Array(inner * columns) },
      bias: { shape: [columns], data: new Float32Array(columns) },
      byColumn: bytes,
      columnScales: { shape: [columns], data: new Float32Array(columns).fill(1) },
      byRow: bytes,
      rowScales: { shape: [inner], data: new Float32Array(inner).fill(1) },
    });
    return y!.data.every((sum) => Math.abs(sum - inner * largest) < 1);
  } finally {
    await session.dispose();
  }
};
