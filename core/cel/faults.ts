import type { Span } from './nodes.ts';

/** Why an expression has no value for one event. Each is made once, when the expression is compiled. */
export interface CelFault {
  /** `absent`: a name has no value; `failed`: an operation has none, such as a division by zero. */
  readonly kind: 'absent' | 'failed';
  /** The name that is absent; '' otherwise. */
  readonly path: string;
  readonly message: string;
  readonly span: Span;
}

/** Tells faults from values: only they are of this class. */
export class Fault implements CelFault {
  readonly kind: CelFault['kind'];
  readonly path: string;
  readonly message: string;
  readonly span: Span;

  constructor({ kind, path, message, span }: CelFault) {
    this.kind = kind;
    this.path = path;
    this.message = message;
    this.span = span;
  }
}
