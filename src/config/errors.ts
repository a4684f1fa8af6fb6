/**
 * The one error of the configuration layer. Its message is a whole sentence for the person who
 * wrote the configuration: it names the place (an option, a flag, a line of a file), what is
 * expected there and what was found. The CLI prints it as it is; an embedding program sees it
 * thrown by `startBroker`.
 */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Shows a value in an error message: strings in quotes, long values cut. */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text =
    typeof value === 'string'
      ? `"${value}"`
      : typeof value === 'object' && value !== null
        ? JSON.stringify(value)
        : String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
