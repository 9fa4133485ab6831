import { invalidInput } from '@taxon/errors';

export interface PageRequest {
  /** 0: the largest. */
  pageSize: number;
  /** From the page before, empty for the first. */
  pageToken: string;
}

const largestPage = 100;

/**
 * A page of a list that is ordered newest first. Its token is the id of the last one on the page before: new ones, which are
 * listed first, do not shift it.
 * @param noun e.g. `training`
 * @throws TaxonError `invalid_input` when the token's job is forgotten
 */
export const listPage = <Item extends { readonly id: string }>(
  all: readonly Item[],
  { pageSize, pageToken }: PageRequest,
  { noun, wanted }: { noun: string; wanted: (item: Item) => boolean },
): { page: Item[]; nextPageToken: string } => {
  const before = all.findIndex(({ id }) => id === pageToken);
  if (pageToken !== '' && before < 0) {
    const description = `the ${noun} it points to is forgotten; list from the start`;
    throw invalidInput(`page_token: ${description}`, undefined, [{ field: 'page_token', description }]);
  }
  const rest = all.slice(before + 1).filter(wanted);
  const size = Math.min(pageSize || largestPage, largestPage);
  const page = rest.slice(0, size);
  return { page, nextPageToken: rest.length > size ? page.at(-1)!.id : '' };
};
