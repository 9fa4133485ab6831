/** What two versions answered to one text in one task, and what is right. */
export interface PairedTask {
  readonly task: string;
  readonly expected: readonly string[];
  readonly serving: readonly string[];
  readonly candidate: readonly string[];
}

/** One text that both versions answered; tasks whose right labels are not known are left out. */
export interface PairedText {
  readonly tasks: readonly PairedTask[];
}

/** Texts by who answers them fully right: exactly the right labels in every task. */
export interface PairCounts {
  n: number;
  both: number;
  onlyServing: number;
  onlyCandidate: number;
}

const exactly = (expected: readonly string[], given: readonly string[]): boolean =>
  expected.length === new Set(given).size && expected.every((label) => given.includes(label));

export const countPairs = (texts: readonly PairedText[]): PairCounts => {
  const counts = { n: texts.length, both: 0, onlyServing: 0, onlyCandidate: 0 };
  for (const { tasks } of texts) {
    const serving = tasks.every(({ expected, serving: given }) => exactly(expected, given));
    const candidate = tasks.every(({ expected, candidate: given }) => exactly(expected, given));
    counts.both += Number(serving && candidate);
    counts.onlyServing += Number(serving && !candidate);
    counts.onlyCandidate += Number(candidate && !serving);
  }
  return counts;
};

/** How the recall of one label changes. */
export interface LabelChange {
  /** Of a model of several tasks `task/label`. */
  label: string;
  /** Texts that carry it. */
  support: number;
  onlyServing: number;
  onlyCandidate: number;
  /** −1..1: recall of the serving version less that of the candidate. */
  fall: number;
}

/** Every label that is right for some text, by task and in the order of appearance. */
export const labelChanges = (texts: readonly PairedText[]): LabelChange[] => {
  const several = new Set(texts.flatMap(({ tasks }) => tasks.map(({ task }) => task))).size > 1;
  const changes = new Map<string, LabelChange>();
  for (const { tasks } of texts)
    for (const { task, expected, serving, candidate } of tasks)
      for (const name of expected) {
        const label = several ? `${task}/${name}` : name;
        const change = changes.get(label) ?? { label, support: 0, onlyServing: 0, onlyCandidate: 0, fall: 0 };
        const [was, is] = [serving.includes(name), candidate.includes(name)];
        change.support += 1;
        change.onlyServing += Number(was && !is);
        change.onlyCandidate += Number(is && !was);
        change.fall = (change.onlyServing - change.onlyCandidate) / change.support;
        changes.set(label, change);
      }
  return [...changes.values()];
};
