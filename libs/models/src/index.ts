export {
  loadClassifier,
  type Classifier,
  type ClassifyOptions,
  type LabelScore,
  type LoadClassifierOptions,
  type Prediction,
} from './classifier.ts';
