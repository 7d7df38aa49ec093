import { maskText } from '../../core/cards/mask.ts';

/** Values that traces can be searched by. */
export type Annotations = Readonly<Record<string, string | number | boolean>>;

/**
 * Runs work inside a subsegment of the call's X-Ray trace, if the call is sampled. Powertools' tracer brings the X-Ray SDK: 55 of the
 * 150 ms of CPU that a start may cost. So it is loaded by the first sampled call and not at the start: most containers never need it.
 */
export async function traced<T>(name: string, annotations: Annotations, work: () => Promise<T>): Promise<T> {
  if (!isSampled(process.env['_X_AMZN_TRACE_ID'])) return work();
  const { tracer } = await import('./tracer.ts');
  const parent = tracer.getSegment();
  const segment = parent?.addNewSubsegment(`## ${name}`);
  for (const [key, value] of Object.entries(annotations)) segment?.addAnnotation(key, value);
  try {
    return await work();
  } catch (error) {
    segment?.addError(maskedError(error));
    throw error;
  } finally {
    segment?.close();
  }
}

/** Whether a trace header asks for a trace. */
export function isSampled(header: string | undefined): boolean {
  return (header ?? '').split(';').some((part) => part.trim() === 'Sampled=1');
}

/** The error without card numbers, should a message quote one. */
function maskedError(error: unknown): Error | string {
  if (!(error instanceof Error)) return maskText(String(error));
  const masked = new Error(maskText(error.message));
  masked.name = error.name;
  masked.stack = maskText(error.stack ?? '');
  return masked;
}
