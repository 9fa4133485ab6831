import { createHash } from 'node:crypto';
import type { FeedbackGiven, FeedbackRequest, FeedbackResponse, TaskLabels } from '@taxon/contracts';
import type { LabelSpace, Task } from '@taxon/data';
import { TaxonError, invalidInput, nearestName } from '@taxon/errors';
import { createEvent, type EventBus } from '@taxon/events';
import type { CallContext } from '@taxon/service';
import { parsePredictionId } from './prediction-id.ts';
import type { RecentPredictions } from './recent-predictions.ts';

const fieldError = (field: string, description: string): TaxonError =>
  invalidInput(`${field}: ${description}`, undefined, [{ field, description }]);

const unknownName = (kind: string, name: string, known: readonly string[]): string => {
  const near = nearestName(name, known);
  const some = known.slice(0, 10).join(', ') + (known.length > 10 ? ', …' : '');
  return `${JSON.stringify(name)} is no ${kind} of this model; ${near === undefined ? `it has ${some}` : `did you mean '${near}'?`}`;
};

const findTask = ({ tasks }: LabelSpace, name: string, field: string): Task => {
  const names = tasks.map((task) => task.name);
  if (name === '' && tasks.length === 1) return tasks[0]!;
  if (name === '') throw fieldError(field, `missing, and the model has several: ${names.join(', ')}`);
  const task = tasks.find((candidate) => candidate.name === name);
  if (task === undefined) throw fieldError(field, unknownName('task', name, names));
  return task;
};

/** A fine label belongs to one coarse one: the two must not contradict each other. */
const checkHierarchy = ({ hierarchy, tasks }: LabelSpace, right: readonly TaskLabels[]): void => {
  const [coarse, fine] = tasks.map(({ name }) => right.find(({ task }) => task === name)?.labels[0]);
  if (hierarchy === undefined || coarse === undefined || fine === undefined) return;
  const parent = tasks[0]!.labels[hierarchy.parents[tasks[1]!.labels.indexOf(fine)]!]!;
  if (parent !== coarse) throw fieldError('right.tasks', `'${fine}' belongs to '${parent}', not to '${coarse}'`);
};

/**
 * The right labels, checked against what the model may answer.
 * @throws TaxonError `invalid_input` naming the field, the label, and the nearest one
 */
const checkRight = (space: LabelSpace, given: readonly TaskLabels[]): TaskLabels[] => {
  if (given.length === 0) throw fieldError('right.tasks', 'empty; name at least one task with its right labels');
  const right = given.map(({ task: name, labels }, i): TaskLabels => {
    const task = findTask(space, name, `right.tasks[${i}].task`);
    const field = `right.tasks[${i}].labels`;
    labels.forEach((label, at) => {
      if (!task.labels.includes(label)) throw fieldError(`${field}[${at}]`, unknownName('label', label, task.labels));
    });
    if (task.kind === 'single-label' && labels.length !== 1)
      throw fieldError(field, `${labels.length} labels; '${task.name}' has exactly one a text`);
    return { task: task.name, labels: [...new Set(labels)] };
  });
  if (new Set(right.map(({ task }) => task)).size < right.length)
    throw fieldError('right.tasks', 'a task is named twice');
  checkHierarchy(space, right);
  return right;
};

/** Said again about the same prediction by the same person it is the same event, whose effect is one. */
const eventId = (feedback: FeedbackGiven, requestId: string): string => {
  const cause = feedback.predictionId === '' ? requestId : feedback.predictionId;
  const said = JSON.stringify([cause, feedback.model, feedback.text, feedback.from, feedback.verdict]);
  return createHash('sha256').update(said).digest('hex').slice(0, 32);
};

export interface FeedbackOptions {
  events: EventBus | undefined;
  source: string;
  recent: RecentPredictions;
  /** The model that is served under that name: its own name, what it may answer, and whether it reads pairs. */
  find: (model: string) => Promise<{ name: string; space: LabelSpace; pairs: boolean }>;
  /** Counts what was said. */
  count: (model: string, verdict: 'right' | 'wrong') => void;
}

const verdictOf = (request: FeedbackRequest, space: LabelSpace): NonNullable<FeedbackGiven['verdict']> => {
  const { verdict } = request;
  if (verdict === undefined) throw fieldError('verdict', 'missing; give the right labels, or wrong: true');
  if (verdict.$case === 'right') return { $case: 'right', value: { tasks: checkRight(space, verdict.value.tasks) } };
  if (!verdict.value) throw fieldError('wrong', 'false says nothing; give the right labels, or true');
  return { $case: 'wrong', value: true };
};

/** What is learnt from must be what the model reads. */
const checkText = ({ text, pair }: FeedbackRequest, pairs: boolean): void => {
  if (text.trim() === '') throw fieldError('text', 'blank; give the text that was classified, or leave it out');
  if (pairs && (pair ?? '').trim() === '')
    throw fieldError('pair', 'missing; the model reads pairs of texts, so give the second one with the first');
};

const describe = async (request: FeedbackRequest, { recent, find }: FeedbackOptions): Promise<FeedbackGiven> => {
  const { predictionId: id } = request;
  const name = id === '' ? undefined : parsePredictionId(id);
  if (id !== '' && name === undefined)
    throw fieldError('prediction_id', `${JSON.stringify(id.slice(0, 200))} is none that this service gives`);
  if (id === '' && request.text === '') throw fieldError('prediction_id', 'missing, and no text is given either');
  if (name !== undefined && request.model !== '' && request.model !== name.model)
    throw fieldError('model', `'${request.model}' did not make the prediction; '${name.model}' did`);
  const model = await find(name?.model ?? request.model);
  const known = recent.get(id);
  if (request.text !== '') checkText(request, model.pairs);
  const sent = request.text === '' ? known : { text: request.text, pair: request.pair };
  return {
    predictionId: id,
    model: model.name,
    version: name?.version ?? 0,
    text: sent?.text ?? '',
    pair: sent?.pair,
    answers: known?.answers ?? [],
    verdict: verdictOf(request, model.space),
    from: request.from,
  };
};

/** The RPC: checked, made an event, and answered once that is durable. */
export const createFeedback =
  (options: FeedbackOptions) =>
  async (request: FeedbackRequest, { signal, requestId }: CallContext): Promise<FeedbackResponse> => {
    const { events, source, count } = options;
    if (events === undefined)
      throw new TaxonError({
        code: 'failed_precondition',
        message: 'events: there is no event bus; feedback needs one that it is kept on',
        hint: 'start the service with --events.folder FOLDER, or --events.url kafka://HOST:PORT',
      });
    const feedback = await describe(request, options);
    const event = createEvent('taxon.feedback.given', feedback, { source, id: eventId(feedback, requestId) });
    await events.publish([event], { signal });
    count(feedback.model, feedback.verdict!.$case);
    return {
      eventId: event.id,
      model: feedback.model,
      version: feedback.version,
      textKnown: feedback.text !== '',
    };
  };
