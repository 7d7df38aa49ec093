import { ServiceError, type ServiceFault } from './errors.ts';

/** One call to a service, as error messages name it. */
export interface ServiceCall {
  /** IAM action, such as `dynamodb:PutItem`. */
  readonly action: string;
  /** What it was done to, such as `table headrace-dev-state`. */
  readonly target: string;
}

/**
 * How a call ended: `throttled` was surely not applied, `lost` may have been (no answer, or one of a failing server),
 * `refused` was surely not and will not be, `foreign` is no word of the service at all but a fault of the caller or of this code.
 */
export type CallOutcome = 'throttled' | 'lost' | 'refused' | 'foreign';

const THROTTLED = [
  'ProvisionedThroughputExceededException',
  'ThrottlingException',
  'Throttling',
  'ThrottledException',
  'RequestLimitExceeded',
  'LimitExceededException',
  'TooManyRequestsException',
  'SlowDown',
  'KMSThrottlingException',
];
const DENIED = [
  'AccessDeniedException',
  'AccessDenied',
  'UnrecognizedClientException',
  'ExpiredTokenException',
  'ExpiredToken',
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
  'InvalidAccessKeyId',
  'CredentialsProviderError',
];
const MISSING = ['ResourceNotFoundException', 'NoSuchBucket', 'EntityNotFoundException'];
const KEY_NAME = /^(?:KMS|InvalidKMS)/;

/** Classifies what a client threw. */
export function outcomeOf(error: unknown): CallOutcome {
  const { name, status } = partsOf(error);
  if (THROTTLED.includes(name) || status === 429) return 'throttled';
  if (isDenied(name) || KEY_NAME.test(name)) return 'refused';
  if (error instanceof Error && 'retriable' in error) return error.retriable === true ? 'lost' : 'foreign';
  // Clients put it on everything that comes of a call, a lost connection included.
  if (metadataOf(error) === undefined) return 'foreign';
  return status === undefined || status >= 500 ? 'lost' : 'refused';
}

/** Attempts that the client itself made before it gave up; 1 where it does not say. */
export function attemptsOf(error: unknown): number {
  return metadataOf(error)?.attempts ?? 1;
}

/** True if the error has this name. */
export function isNamed(error: unknown, ...names: readonly string[]): boolean {
  return error instanceof Error && names.includes(error.name);
}

/** The one error that callers see for a call that failed for good: a ServiceError, or what was foreign as it is. */
export function serviceError({ action, target }: ServiceCall, error: unknown): Error {
  if (error instanceof ServiceError) return error;
  if (outcomeOf(error) === 'foreign') return error instanceof Error ? error : new Error(String(error));
  const fault = faultOf(error);
  const { name, message } = partsOf(error);
  return new ServiceError(
    fault,
    `${storeName(action, fault)}${action} on ${target} failed (${name}: ${message}). ${remedyOf(fault, action, target)}`,
    error,
  );
}

/** What the lake calls it when its objects may not be read or written: the same name wherever it lies. */
function storeName(action: string, fault: ServiceFault): string {
  const isDeniedStore = action.startsWith('s3:') && (fault === 'ACCESS_DENIED' || fault === 'KEY_UNUSABLE');
  return isDeniedStore ? 'STORE_DENIED: ' : '';
}

function faultOf(error: unknown): ServiceFault {
  const { name, message } = partsOf(error);
  const outcome = outcomeOf(error);
  if (outcome === 'throttled') return 'THROTTLED';
  if (KEY_NAME.test(name) || (isDenied(name) && /\bkms:/i.test(message))) return 'KEY_UNUSABLE';
  if (isDenied(name)) return 'ACCESS_DENIED';
  if (MISSING.includes(name)) return 'MISSING';
  return outcome === 'lost' ? 'UNREACHABLE' : 'REFUSED';
}

function remedyOf(fault: ServiceFault, action: string, target: string): string {
  switch (fault) {
    case 'ACCESS_DENIED':
      return `Allow ${action} on ${target} to the role in use, and check that its credentials are valid.`;
    case 'KEY_UNUSABLE':
      return `Enable the KMS key of ${target} and let the role in use encrypt and decrypt with it.`;
    case 'MISSING':
      return `Check that ${target} exists in this region and account, and that the configuration names it.`;
    case 'THROTTLED':
      return `Nothing is lost; raise the capacity or the quota of ${target} if it goes on.`;
    case 'UNREACHABLE':
      return `Check the network, the endpoint and the region; the call will be tried again.`;
    case 'REFUSED':
      return `The service will not take this call as it is; the message says why.`;
  }
}

/** An error as a client would have thrown it, for a code that a service put into an answer instead. */
export function errorOfCode(code: string, message: string): Error {
  const httpStatusCode = /^(?:Internal|ServiceUnavailable)/.test(code) ? 500 : 400;
  return Object.assign(new Error(message), { name: code, $metadata: { httpStatusCode } });
}

interface ErrorParts {
  readonly name: string;
  readonly message: string;
  readonly status: number | undefined;
}

function partsOf(error: unknown): ErrorParts {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), status: undefined };
  // A refused connection to several addresses has no message of its own.
  const message = error.message === '' && 'code' in error ? String(error.code) : error.message;
  return { name: error.name, message, status: metadataOf(error)?.httpStatusCode };
}

interface ErrorMetadata {
  readonly httpStatusCode?: number;
  readonly attempts?: number;
}

function metadataOf(error: unknown): ErrorMetadata | undefined {
  return error instanceof Error && '$metadata' in error ? (error.$metadata as ErrorMetadata) : undefined;
}

function isDenied(name: string): boolean {
  return DENIED.includes(name);
}
