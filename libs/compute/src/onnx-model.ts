import type { Attribute, DType, Graph, GraphNode, Initializer, ValueInfo } from './graph.ts';
import {
  AttributeProto_AttributeType as AttributeType,
  ModelProto,
  type AttributeProto,
  type GraphProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from './gen/onnx/onnx.ts';

/** TensorProto.DataType */
const onnxType: Record<DType, number> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  uint32: 12,
};

/** ONNX 1.16: opset 20 brought the operators in use here, and ONNX Runtime 1.17 and newer reads it. */
const irVersion = 10;
const opset = 20;

const attribute = (name: string, value: Attribute): AttributeProto => {
  if (typeof value === 'number') return { name, i: value, type: AttributeType.INT };
  if (typeof value === 'string') return { name, s: Buffer.from(value), type: AttributeType.STRING };
  if ('float' in value) return { name, f: value.float, type: AttributeType.FLOAT };
  if ('graph' in value) return { name, g: graphProto(value.graph, name), type: AttributeType.GRAPH };
  return { name, ints: [...value], type: AttributeType.INTS };
};

const node = ({ op, domain, inputs, outputs, attributes }: GraphNode): NodeProto => ({
  opType: op,
  domain,
  input: inputs,
  output: outputs,
  attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
});

const initializer = ({ name, dtype, shape, data }: Initializer): TensorProto => ({
  name,
  dataType: onnxType[dtype],
  dims: [...shape],
  rawData: Buffer.from(data.buffer, data.byteOffset, data.byteLength),
});

const valueInfo = ({ name, dtype, shape, sequence }: ValueInfo): ValueInfoProto => {
  const dim = shape.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  const tensor = { tensorType: { elemType: onnxType[dtype], shape: { dim } } };
  return { name, type: sequence ? { sequenceType: { elemType: tensor } } : tensor };
};

const graphProto = ({ nodes, initializers, inputs, outputs }: Graph, name: string): GraphProto => ({
  name,
  node: nodes.map(node),
  initializer: initializers.map(initializer),
  input: inputs.map(valueInfo),
  output: outputs.map(valueInfo),
});

/** A graph in ONNX's protobuf encoding, as any ONNX runtime reads it. */
export const encodeModel = (graph: Graph): Uint8Array =>
  ModelProto.encode({
    irVersion,
    producerName: 'taxon',
    opsetImport: [
      { domain: '', version: opset },
      { domain: 'com.microsoft', version: 1 },
    ],
    graph: graphProto(graph, 'taxon'),
  }).finish();
