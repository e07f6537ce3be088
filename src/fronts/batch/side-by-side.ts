/** Works on all, at most `limit` at a time; the first rejection ends it. One promise per worker, not per element. */
export const sideBySide = async <Element>(
  elements: readonly Element[],
  limit: number,
  work: (element: Element, index: number) => Promise<void>,
): Promise<void> => {
  const rest = elements.entries();
  let isOver = false;
  const worker = async (): Promise<void> => {
    for (const [index, element] of rest) {
      if (isOver) return;
      await work(element, index);
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(limit, elements.length) }, worker));
  } finally {
    isOver = true;
  }
};
