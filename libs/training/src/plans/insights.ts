import type { CrossSourceTable, FoldScores, SearchReport, TaskReport } from '@taxon/evaluation';
import type { ReportedPart } from '../task-report.ts';

/** What the trainings beside the one that is kept have shown. */
export interface Insights {
  /** Every training text, as models answer that did not learn from it. */
  outOfFold?: ReportedPart;
  /** By task: what its report says more. */
  tasks?: { folds?: FoldScores[]; labelErrors?: TaskReport['labelErrors']; crossSource?: CrossSourceTable }[];
  search?: SearchReport;
  /** Further files of the run folder. */
  files?: { path: string; what: string; content: Iterable<string> }[];
}

/** Both together; what is known of a task is added to what was. */
export const joinInsights = (a: Insights, b: Insights): Insights => ({
  ...a,
  ...b,
  ...((a.tasks ?? b.tasks) && {
    tasks: (a.tasks ?? b.tasks)!.map((_, task) => ({ ...a.tasks?.[task], ...b.tasks?.[task] })),
  }),
  files: [...(a.files ?? []), ...(b.files ?? [])],
});
