import { addInt, divideInt, intOfDouble, intOfText, multiplyInt, restInt, subtractInt } from './ints.ts';
import { compareText, textSize } from './text.ts';
import {
  DURATION_PARTS,
  durationOf,
  durationOfText,
  durationText,
  epochSeconds,
  timePart,
  timestampOf,
  timestampOfSeconds,
  timestampOfText,
  timestampText,
} from './times.ts';
import { boolOfText, doubleOfText, elementAt, equal, greatest, includes, least, lowerAscii, mapOf, upperAscii } from './values.ts';

/** What compiled expressions call, by the name that the library uses. */
export const HELPERS = {
  ...{ addInt, subtractInt, multiplyInt, divideInt, restInt, intOfDouble, intOfText, Number, String },
  ...{ compareText, textSize, lowerAscii, upperAscii, boolOfText, doubleOfText },
  ...{ timePart, timestampOf, timestampOfSeconds, timestampOfText, timestampText, epochSeconds },
  ...{ DURATION_PARTS, durationOf, durationOfText, durationText },
  ...{ elementAt, equal, greatest, includes, least, mapOf },
} as const;
