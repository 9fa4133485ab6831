import { invalidInput } from '@taxon/errors';
import { Cron } from 'croner';
import type { Drift } from './drift/measure-drift.ts';
import type { FeedbackAccuracy } from './feedback-accuracy.ts';

export interface TriggerOptions {
  /** Train again at so many new labelled rows; absent: not for rows. */
  newRows?: number;
  /** Train again when figures drifted beyond their limits. @default true */
  drift?: boolean;
  /** Train again when accuracy on feedback lies below this, 0..1, and its whole interval too; absent: not for accuracy. */
  accuracy?: number;
  /** Train again at these times, as cron writes them (`0 3 * * 1`: Mondays at 3); absent: not by the clock. */
  schedule?: string;
  /** Of the schedule, such as Europe/Zurich. @default UTC */
  timezone?: string;
  /** After a request nothing is asked for so long; 0 for none. @default 12 */
  coolDownHours?: number;
  /** A request without an outcome is waited for so long, then given up. @default 48 */
  openHours?: number;
}

/** What is known of one model. */
export interface TriggerState {
  /** Labelled rows that the serving version has not learnt from. */
  newRows: number;
  drift?: Drift;
  accuracy?: FeedbackAccuracy;
  /** When the serving version was made, or watching began: the schedule counts from there until there is a request. */
  since: Date;
  /** The newest request, whoever made it. */
  lastRequest?: { at: Date; /** It led to a candidate, or failed. */ ended: boolean };
}

export type TriggerName = 'accuracy' | 'drift' | 'newRows' | 'schedule';

/** Why to train again. Figures and limits are those of the event `Reason`. */
export interface TriggerReason {
  /** The first of those that fired, in the order of `TriggerName`. */
  trigger: TriggerName;
  /** For people: all that fired. */
  text: string;
  figures: Record<string, number>;
  limits: Record<string, number>;
}

const hour = 3_600_000;

/**
 * Options as they are written, checked.
 * @throws TaxonError `invalid_input` naming the option that is out of range
 */
export const checkTriggers = (options: TriggerOptions): void => {
  const { newRows, accuracy, coolDownHours = 12, openHours = 48 } = options;
  if (newRows !== undefined && !(Number.isInteger(newRows) && newRows >= 1))
    throw invalidInput(`newRows is ${newRows}; it is a whole number from 1 up`);
  if (accuracy !== undefined && !(accuracy > 0 && accuracy <= 1))
    throw invalidInput(`accuracy is ${accuracy}; it is above 0 and at most 1`);
  if (!(coolDownHours >= 0)) throw invalidInput(`coolDownHours is ${coolDownHours}; it is 0 or more`);
  if (!(openHours > 0)) throw invalidInput(`openHours is ${openHours}; it is above 0`);
  if (options.schedule !== undefined) nextScheduled(options, new Date(0));
};

/**
 * The schedule's first time after another.
 * @throws TaxonError `invalid_input` for a schedule that cannot be read
 */
export const nextScheduled = (
  { schedule, timezone = 'UTC' }: Pick<TriggerOptions, 'schedule' | 'timezone'>,
  after: Date,
): Date | undefined => {
  if (schedule === undefined) return undefined;
  try {
    return new Cron(schedule, { timezone, paused: true }).nextRun(after) ?? undefined;
  } catch (error) {
    throw invalidInput(
      `schedule is ${JSON.stringify(schedule)} in ${timezone}: ${error instanceof Error ? error.message : String(error)}`,
      'five fields as cron has them: minute, hour, day, month, weekday; 0 3 * * 1 is every Monday at 3',
    );
  }
};

interface Fired {
  trigger: TriggerName;
  text: string;
  figures: Record<string, number>;
  limits: Record<string, number>;
}

const pick = (figures: Readonly<Record<string, number>>, names: readonly string[]): Record<string, number> =>
  Object.fromEntries(names.flatMap((name) => (figures[name] === undefined ? [] : [[name, figures[name]]])));

const shown = (value: number): string => String(Number(value.toPrecision(3)));

const ofAccuracy = ({ accuracy: found }: TriggerState, { accuracy: limit }: TriggerOptions): Fired[] => {
  // The whole interval: one bad day of a few answers does not train a model.
  if (limit === undefined || !found?.enough || found.upper >= limit) return [];
  const text = `accuracy ${shown(found.accuracy)} on ${found.n} texts of feedback lies below ${shown(limit)}`;
  return [{ trigger: 'accuracy', text, figures: { accuracy: found.accuracy }, limits: { accuracy: limit } }];
};

const ofDrift = ({ drift }: TriggerState, { drift: wanted = true }: TriggerOptions): Fired[] => {
  if (!wanted || drift === undefined || drift.beyond.length === 0) return [];
  const { figures, limits, beyond, n } = drift;
  const told = beyond.map((name) => `${name} ${shown(figures[name]!)} beyond ${shown(limits[name]!)}`);
  const text = `drift over ${n} predictions: ${told.join(', ')}`;
  return [{ trigger: 'drift', text, figures: pick(figures, beyond), limits: pick(limits, beyond) }];
};

const ofRows = ({ newRows }: TriggerState, { newRows: limit }: TriggerOptions): Fired[] =>
  limit === undefined || newRows < limit
    ? []
    : [{ trigger: 'newRows', text: `${newRows} new rows`, figures: { newRows }, limits: { newRows: limit } }];

const ofSchedule = (state: TriggerState, options: TriggerOptions, now: Date): Fired[] => {
  const due = nextScheduled(options, state.lastRequest?.at ?? state.since);
  if (due === undefined || due > now) return [];
  return [{ trigger: 'schedule', text: `due at ${due.toISOString()}`, figures: {}, limits: {} }];
};

/** Whether a request is under way, or was made so lately that its effect cannot be seen yet. */
const mustWait = ({ lastRequest }: TriggerState, options: TriggerOptions, now: Date): boolean => {
  if (lastRequest === undefined) return false;
  const { coolDownHours = 12, openHours = 48 } = options;
  // A request from far ahead was made by a clock that was wrong; waiting for it could last years.
  const age = Math.abs(now.getTime() - lastRequest.at.getTime());
  return age < coolDownHours * hour || (!lastRequest.ended && age < openHours * hour);
};

/**
 * Whether a model should be trained again, and why. One request a model is open at a time.
 * @throws TaxonError `invalid_input` for a schedule that cannot be read
 */
export const decideTrigger = (state: TriggerState, options: TriggerOptions, now: Date): TriggerReason | undefined => {
  if (mustWait(state, options, now)) return undefined;
  const fired = [
    ...ofAccuracy(state, options),
    ...ofDrift(state, options),
    ...ofRows(state, options),
    ...ofSchedule(state, options, now),
  ];
  if (fired.length === 0) return undefined;
  return {
    trigger: fired[0]!.trigger,
    text: fired.map(({ text }) => text).join('; '),
    figures: Object.assign({}, ...fired.map(({ figures }) => figures)) as Record<string, number>,
    limits: Object.assign({}, ...fired.map(({ limits }) => limits)) as Record<string, number>,
  };
};
