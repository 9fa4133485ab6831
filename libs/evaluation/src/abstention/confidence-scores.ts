/** How sure a model is of a text; whatever the kind, higher means surer. */
export type ConfidenceKind = 'maxProbability' | 'margin' | 'entropy' | 'energy';
