import { describe, expect, it } from 'vitest';
import { chooseStudent, formatStudents, type MeasuredModel } from './compare-students.ts';

const model = (name: string, validationAccuracy: number, accuracy: number, latencyMs: number): MeasuredModel => ({
  ...{ name, folder: '', validationAccuracy, accuracy, seconds: 10 },
  speed: { latencyMs, latencyMs95: 2 * latencyMs, textsPerSecond: 1000 / latencyMs, weightBytes: 4e6 },
});
const teacher = { ...model('teacher', 0.98, 0.96, 4), seconds: 0 };
const students = [model('slow', 0.98, 0.95, 2), model('fast', 0.97, 0.99, 1), model('poor', 0.95, 0.96, 0.5)];

describe('the student that is chosen', () => {
  it('is the fastest that keeps enough on validation, whatever the test part says', () => {
    expect(chooseStudent(teacher, students, 0.985)?.name).toBe('fast');
    expect(chooseStudent(teacher, students, 0.995)?.name).toBe('slow');
    expect(chooseStudent(teacher, students.slice(2), 0.99)).toBeUndefined();
  });

  it('is marked in a table with what it keeps and gains', () => {
    const [, , first, slow, fast] = formatStudents(teacher, students, students[1]).split('\n');
    expect(first).toMatch(/^\| teacher .*\| 100\.00 % \| +4\.00 ms \| +1\.00× .*– \|$/u);
    expect(slow).toMatch(/\| +2\.00 ms \| +2\.00× \|/u);
    expect(fast).toMatch(/^\| \*\*fast\*\* +\| +97\.00 % \| 99\.00 % \| 103\.13 % \| +1\.00 ms \| +4\.00× \|/u);
  });
});
