/**
 * Answers in the order of the items, with up to `atOnce` of them under way. The first failure ends it; what is under way
 * then is waited for by nobody.
 */
export async function* mapOrdered<Item, Answer>(
  items: AsyncIterable<Item>,
  atOnce: number,
  work: (item: Item) => Promise<Answer>,
): AsyncGenerator<Answer> {
  const iterator = items[Symbol.asyncIterator]();
  // Failures are read where the promise is awaited, which may be after others.
  const quiet = <T>(promise: Promise<T>): Promise<T> => {
    promise.catch(() => undefined);
    return promise;
  };
  const underway: Promise<Answer>[] = [];
  let next: Promise<IteratorResult<Item>> | undefined = quiet(iterator.next());
  while (next !== undefined || underway.length > 0) {
    const incoming: Promise<IteratorResult<Item>> | undefined = underway.length < atOnce ? next : undefined;
    const [oldest] = underway;
    // Whichever comes first: another item to begin, or the oldest answer to hand on.
    const arrived = await Promise.race([
      ...(oldest === undefined ? [] : [oldest.then(() => 'answer' as const)]),
      ...(incoming === undefined ? [] : [incoming]),
    ]);
    if (arrived === 'answer') {
      yield await underway.shift()!;
    } else if (arrived.done === true) {
      next = undefined;
    } else {
      underway.push(quiet(work(arrived.value)));
      next = quiet(iterator.next());
    }
  }
}
