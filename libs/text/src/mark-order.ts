import * as tables from './unicode-tables.ts';
import { inRanges, parseRanges, type CodePointRanges } from './unicode-ranges.ts';

interface MarkTables {
  /** Combining class of marks that stay in the text when accents are stripped (0 for everything not in the map). */
  classes: Map<number, number>;
  nonspacing: CodePointRanges;
  /** Stripped marks that others do not move across. */
  starters: CodePointRanges;
}

let loaded: MarkTables | undefined;
const markTables = (): MarkTables => (loaded ??= loadMarkTables());

const loadMarkTables = (): MarkTables => {
  const classes = new Map<number, number>();
  for (const [order, text] of Object.entries(tables.spacingMarkClasses)) {
    const ranges = parseRanges(text);
    for (let i = 0; i < ranges.length; i += 2)
      for (let point = ranges[i]!; point <= ranges[i + 1]!; point++) classes.set(point, Number(order));
  }
  return {
    classes,
    nonspacing: parseRanges(tables.nonspacing),
    starters: parseRanges(tables.nonspacingStarters),
  };
};

/** Marks that stripping accents leaves in place, and that canonical ordering may move. */
export const movableMarks = (): ReadonlyMap<number, number> => markTables().classes;

/**
 * Puts combining marks into canonical order and strips accents, as the Rust crate does.
 * Needed only where a text holds `movableMarks` (Javanese, musical notation): all other marks are stripped, in whatever order.
 * @param decompose NFD of one character, without reordering
 */
export const orderMarks = (text: string, decompose: (char: string) => string): string => {
  const { classes, nonspacing, starters } = markTables();
  let ordered = '';
  let run: { char: string; order: number }[] = [];
  const endRun = (): void => {
    for (const { char } of run.sort((a, b) => a.order - b.order)) ordered += char; // sort is stable, as it must be
    run = [];
  };
  for (const whole of text)
    for (const char of decompose(whole)) {
      const point = char.codePointAt(0)!;
      const order = classes.get(point) ?? 0;
      const stripped = inRanges(nonspacing, point);
      if (order > 0) run.push({ char, order });
      else if (!stripped || inRanges(starters, point)) endRun();
      if (order === 0 && !stripped) ordered += char;
    }
  endRun();
  return ordered;
};
