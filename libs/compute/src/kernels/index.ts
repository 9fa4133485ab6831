// Every table registers its kernels when it is imported.
import './elementwise.ts';
import './indexing.ts';
import './matmul.ts';
import './reduction.ts';
import './shape.ts';
