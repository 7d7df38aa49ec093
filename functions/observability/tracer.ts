import { Tracer } from '@aws-lambda-powertools/tracer';

/** The tracer; calls to services are not traced one by one, since a batch makes thousands. */
export const tracer = new Tracer({ captureHTTPsRequests: false });
