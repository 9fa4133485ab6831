import { appendFileSync, mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { Event, SessionLog_SessionStatus } from '../gen/tensorboard/event.ts';
import { crc32c } from './crc32c.ts';

/** Checksums of TFRecord files are turned and shifted, so that one over data that holds checksums stays a good one. */
const masked = (bytes: Uint8Array): number => {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
};

/** A TFRecord: length (8 bytes), its checksum (4), the bytes, their checksum (4); little-endian. */
export const frameRecord = (bytes: Uint8Array): Uint8Array => {
  const record = new Uint8Array(bytes.length + 16);
  const view = new DataView(record.buffer);
  view.setUint32(0, bytes.length, true); // a record of 4 GiB is none of ours
  view.setUint32(8, masked(record.subarray(0, 8)), true);
  record.set(bytes, 12);
  view.setUint32(12 + bytes.length, masked(bytes), true);
  return record;
};

export interface EventFile {
  path: string;
  /** Figures by tag, such as `train/loss`. A figure that is no number is left out. */
  scalars(step: number, figures: Readonly<Record<string, number>>, seconds?: number): void;
}

/**
 * A new event file for TensorBoard in a folder. Every record reaches the file before the call returns, whole or, after a crash,
 * cut off at the end, which readers skip.
 * @param resumedAfter step that the run goes on after: readers forget what earlier files say of later ones
 */
export const createEventFile = (folder: string, resumedAfter?: number): EventFile => {
  mkdirSync(folder, { recursive: true });
  const now = (): number => Date.now() / 1000;
  // Readers take files by name, so the time comes first; the process tells two files of one second apart.
  const begun = String(Math.floor(now())).padStart(10, '0');
  const path = join(folder, `events.out.tfevents.${begun}.${hostname()}.${process.pid}`);
  const append = (event: Event): void => appendFileSync(path, frameRecord(Event.encode(event).finish()));
  append({ wallTime: now(), fileVersion: 'brain.Event:2' });
  if (resumedAfter !== undefined)
    append({ wallTime: now(), step: resumedAfter + 1, sessionLog: { status: SessionLog_SessionStatus.START } });
  return {
    path,
    scalars(step, figures, seconds = now()) {
      const value = Object.entries(figures)
        .filter(([, figure]) => Number.isFinite(figure))
        .map(([tag, simpleValue]) => ({ tag, simpleValue }));
      if (value.length > 0) append({ wallTime: seconds, step, summary: { value } });
    },
  };
};
