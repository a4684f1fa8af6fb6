/**
 * Numbers as people write them in rabbitmq.conf. RabbitMQ has two dialects of sizes and this file
 * has both, since `MB` differs between them. Each function answers undefined for text that it does
 * not accept.
 */

/** A whole number in decimal digits, with a sign if need be. */
export function wholeNumber(text: string): number | undefined {
  return /^[+-]?\d+$/.test(text) ? Number(text) : undefined;
}

/** A number in decimal digits with or without a fraction. */
export function decimalNumber(text: string): number | undefined {
  return /^[+-]?\d+(?:\.\d+)?$/.test(text) ? Number(text) : undefined;
}

const POWERS = 'kmgt';

/** Sizes of frames: KB, MB, GB in any case, all of them powers of 1024 (`1KB` = 1024). */
export function frameSize(text: string): number | undefined {
  const [, digits, unit] = /^(\d+)(?:([kmg])b)?$/i.exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits) * 1024 ** power(unit);
}

/**
 * Sizes of memory: k, M, G, T and kiB, MiB... are powers of 1024; kB, MB... of 1000 (`1MB` =
 * 1000000).
 */
export function memorySize(text: string): number | undefined {
  const [, digits, unit, form] = /^(\d+)(?:([kmgt])(iB|b)?)?$/i.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const base = form?.toLowerCase() === 'b' ? 1000 : 1024;
  return Number(digits) * base ** power(unit);
}

function power(unit: string | undefined): number {
  return unit === undefined ? 0 : POWERS.indexOf(unit.toLowerCase()) + 1;
}
