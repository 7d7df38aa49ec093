declare module 'asl-validator' {
  /** Checks a state machine in Amazon States Language; writes defaults into it. */
  export default function validate(
    definition: object,
    options?: { readonly checkPaths?: boolean; readonly checkArn?: boolean },
  ): { readonly isValid: boolean; readonly errorsText: (separator?: string) => string };
}
