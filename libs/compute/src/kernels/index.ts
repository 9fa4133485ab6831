// Every table registers its kernels when it is imported.
import './activation.ts';
import './elementwise.ts';
import './indexing.ts';
import './matmul.ts';
import './reduction.ts';
import './shape.ts';
// The last one refuses every kernel of tfjs that no table above knows.
import './unsupported.ts';
