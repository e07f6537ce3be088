/** Columns of text: the first to the left, numbers to the right. */
export const table = (rows: readonly (readonly (string | number)[])[]): string => {
  const cells = rows.map((row) =>
    row.map((cell) => ({
      text: typeof cell === 'number' ? cell.toLocaleString('en-US') : cell,
      isNumber: typeof cell === 'number',
    })),
  );
  const columns = Math.max(0, ...cells.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, at) =>
    Math.max(...cells.map((row) => row[at]?.text.length ?? 0)),
  );
  return cells
    .map((row) =>
      row
        .map(({ text, isNumber }, at) =>
          isNumber ? text.padStart(widths[at] ?? 0) : text.padEnd(widths[at] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
};

export const percent = (part: number, whole: number): string => `${Math.round((100 * part) / whole)} %`;
