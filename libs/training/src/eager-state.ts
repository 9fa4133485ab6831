import * as tf from '@tensorflow/tfjs-core';
import type { ModelState } from './model-state.ts';
import type { TableName } from './trained.ts';

/** What AdamW keeps of one tensor, on the device. */
export interface DeviceTensor {
  readonly value: tf.Variable;
  readonly m: tf.Variable;
  readonly v: tf.Variable;
}

/** A copy of a model's state in the memory of the current tfjs backend. */
export interface DeviceState {
  readonly parameters: Readonly<Record<string, DeviceTensor>>;
  /** [rows, hidden] each */
  readonly tables: Readonly<Record<TableName, DeviceTensor>>;
  /** Copies everything back into the host's arrays. */
  download(): Promise<void>;
  dispose(): void;
}

const parts = ['value', 'm', 'v'] as const;
type HostTensor = Readonly<Record<(typeof parts)[number], Float32Array>>;

// A backend may read an array only when its tensor is first used, and the host's arrays change: it gets one of its own.
const upload = (data: Float32Array, shape: number[]): tf.Variable =>
  tf.tidy(() => tf.variable(tf.tensor(data.slice(), shape), false));

const uploadTensor = (host: HostTensor, shape: number[]): DeviceTensor => ({
  value: upload(host.value, shape),
  m: upload(host.m, shape),
  v: upload(host.v, shape),
});

export const createDeviceState = ({ memory, tables, shapes }: ModelState): DeviceState => {
  const pairs: [HostTensor, DeviceTensor][] = [];
  const place = (host: HostTensor, shape: number[]): DeviceTensor => {
    const device = uploadTensor(host, shape);
    pairs.push([host, device]);
    return device;
  };
  const placeTable = (name: TableName): DeviceTensor => {
    const { values, m, v, width } = tables[name];
    return place({ value: values, m, v }, [values.length / width, width]);
  };
  return {
    parameters: Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => [name, place(memory.tensors[name]!, shape)]),
    ),
    tables: { words: placeTable('words'), positions: placeTable('positions'), types: placeTable('types') },
    async download() {
      for (const [host, device] of pairs) for (const part of parts) host[part].set(await device[part].data());
    },
    dispose() {
      for (const [, device] of pairs) for (const part of parts) device[part].dispose();
    },
  };
};
