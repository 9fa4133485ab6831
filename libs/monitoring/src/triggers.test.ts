import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkTriggers,
  decideTrigger,
  feedbackAccuracy,
  nextScheduled,
  type Drift,
  type TriggerState,
} from './index.ts';

const now = new Date('2026-03-02T12:00:00Z'); // a Monday
const hoursAgo = (hours: number): Date => new Date(now.getTime() - hours * 3_600_000);
const calm: TriggerState = { newRows: 0, since: hoursAgo(1000) };
const drift: Drift = {
  n: 500,
  enough: true,
  figures: { labelPsi: 0.512, confidencePsi: 0.1 },
  limits: { labelPsi: 0.2, confidencePsi: 0.2 },
  beyond: ['labelPsi'],
};

describe('triggers', () => {
  it('are quiet where nothing happens', () => {
    const accuracy = feedbackAccuracy({ right: 95, n: 100 });
    const options = { newRows: 100, accuracy: 0.9 };
    expect(decideTrigger({ ...calm, newRows: 99, accuracy }, options, now)).toBeUndefined();
    expect(decideTrigger(calm, {}, now)).toBeUndefined();
  });

  it('fire for rows, drift and accuracy, with the figures and limits that decided', () => {
    expect(decideTrigger({ ...calm, newRows: 120 }, { newRows: 100 }, now)).toEqual({
      trigger: 'newRows',
      text: '120 new rows',
      figures: { newRows: 120 },
      limits: { newRows: 100 },
    });
    expect(decideTrigger({ ...calm, drift }, {}, now)).toEqual({
      trigger: 'drift',
      text: 'drift over 500 predictions: labelPsi 0.512 beyond 0.2',
      figures: { labelPsi: 0.512 },
      limits: { labelPsi: 0.2 },
    });
    expect(decideTrigger({ ...calm, drift }, { drift: false }, now)).toBeUndefined();
    const accuracy = feedbackAccuracy({ right: 60, n: 100 });
    expect(decideTrigger({ ...calm, drift, accuracy, newRows: 9 }, { accuracy: 0.8, newRows: 5 }, now)).toMatchObject({
      trigger: 'accuracy',
      text: 'accuracy 0.6 on 100 texts of feedback lies below 0.8; drift over 500 predictions: labelPsi 0.512 beyond 0.2; 9 new rows',
      figures: { accuracy: 0.6, labelPsi: 0.512, newRows: 9 },
      limits: { accuracy: 0.8, labelPsi: 0.2, newRows: 5 },
    });
  });

  it('take accuracy for low only where the whole interval is', () => {
    const state = (right: number, n: number) => ({ ...calm, accuracy: feedbackAccuracy({ right, n }) });
    expect(decideTrigger(state(42, 50), { accuracy: 0.9 }, now)).toBeUndefined();
    expect(decideTrigger(state(0, 20), { accuracy: 0.9 }, now)).toBeUndefined();
    expect(decideTrigger(state(420, 500), { accuracy: 0.9 }, now)?.trigger).toBe('accuracy');
  });

  it('follow a schedule in its time zone, once a time, and once for all times that were missed', () => {
    const schedule = '0 3 * * 1';
    expect(nextScheduled({ schedule, timezone: 'Europe/Zurich' }, hoursAgo(24))).toEqual(
      new Date('2026-03-02T02:00:00Z'),
    );
    expect(decideTrigger({ ...calm, since: hoursAgo(24) }, { schedule }, now)).toMatchObject({
      trigger: 'schedule',
      text: 'due at 2026-03-02T03:00:00.000Z',
    });
    expect(decideTrigger({ ...calm, since: hoursAgo(2) }, { schedule }, now)).toBeUndefined();
    const lastRequest = { at: hoursAgo(24 * 30), ended: true };
    expect(decideTrigger({ ...calm, lastRequest }, { schedule }, now)?.trigger).toBe('schedule');
    expect(
      decideTrigger({ ...calm, lastRequest: { at: now, ended: true } }, { schedule, coolDownHours: 0 }, now),
    ).toBeUndefined();
  });

  it('ask once: not while a request is open, nor soon after it', () => {
    const state = { ...calm, drift };
    const at = (hours: number, ended: boolean) =>
      decideTrigger({ ...state, lastRequest: { at: hoursAgo(hours), ended } }, {}, now)?.trigger;
    expect(at(1, true)).toBeUndefined();
    expect(at(13, true)).toBe('drift');
    expect(at(13, false)).toBeUndefined();
    expect(at(49, false)).toBe('drift');
    // The clock was a year ahead when the request was made.
    expect(at(-24 * 365, true)).toBe('drift');
  });

  it('never ask twice within the cool-down, whatever happens', () => {
    const step = fc.record({
      minutes: fc.integer({ min: 1, max: 600 }),
      newRows: fc.nat(200),
      drifts: fc.boolean(),
      ends: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let at = now.getTime();
        let lastRequest: TriggerState['lastRequest'];
        for (const { minutes, newRows, drifts, ends } of steps) {
          at += minutes * 60_000;
          if (lastRequest !== undefined && ends) lastRequest = { ...lastRequest, ended: true };
          const state = { newRows, since: now, lastRequest, ...(drifts && { drift }) };
          const reason = decideTrigger(state, { newRows: 100, schedule: '0 * * * *' }, new Date(at));
          if (reason === undefined) continue;
          const age = at - (lastRequest?.at.getTime() ?? -Infinity);
          expect(age).toBeGreaterThanOrEqual(12 * 3_600_000);
          if (lastRequest !== undefined && !lastRequest.ended) expect(age).toBeGreaterThanOrEqual(48 * 3_600_000);
          lastRequest = { at: new Date(at), ended: false };
        }
      }),
    );
  });

  it('are refused by name where they are wrong', () => {
    expect(() => checkTriggers({ newRows: 0 })).toThrow('newRows is 0');
    expect(() => checkTriggers({ accuracy: 90 })).toThrow('accuracy is 90');
    expect(() => checkTriggers({ schedule: 'every day' })).toThrow('schedule is "every day" in UTC: ');
    expect(() => checkTriggers({ schedule: '0 3 * * 1', timezone: 'Mars/Olympus' })).toThrow('Mars/Olympus');
    expect(() => checkTriggers({ schedule: '0 3 * * 1', newRows: 5, accuracy: 0.9 })).not.toThrow();
  });
});
