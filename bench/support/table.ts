/**
 * Plain tables, for a terminal and as Markdown.
 *
 * Responsible for alignment only: columns of figures to the right, columns of words to the left.
 */

export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A figure as the reports print them, or a dash, or nothing. */
const FIGURE = /^(-|[\d.,]*)$/;

function isFigureColumn({ rows }: Table, column: number): boolean {
  return rows.every((row) => FIGURE.test(row[column] ?? ''));
}

/** Columns as wide as their widest cell, two spaces between them, a rule below the head. */
export function textTable(table: Table): string {
  const { head, rows } = table;
  const columns = head.map((name, column) => ({
    width: Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)),
    figures: isFigureColumn(table, column),
  }));
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ width, figures }, column) => {
        const cell = cells[column] ?? '';
        return figures ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd();
  const rule = columns.map(({ width }) => '-'.repeat(width)).join('  ');
  return `${[line(head), rule, ...rows.map(line)].join('\n')}\n`;
}

/** GitHub's Markdown; `|` in a cell is escaped. */
export function markdownTable(table: Table): string {
  const { head, rows } = table;
  const line = (cells: readonly string[]): string =>
    `| ${head.map((_, column) => (cells[column] ?? '').replaceAll('|', '\\|')).join(' | ')} |`;
  const rules = head.map((_, column) => (isFigureColumn(table, column) ? '---:|' : '---|'));
  const rule = `|${rules.join('')}`;
  return `${[line(head), rule, ...rows.map(line)].join('\n')}\n`;
}
