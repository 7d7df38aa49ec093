// ISO 4217 list one as of February 2026, by number of decimals. Codes without minor units (metals, drawing rights, test codes) are
// left out: an amount in them has no exact integer.
const BY_EXPONENT: Readonly<Record<number, string>> = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
  2: `AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP COU
    CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES
    KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR
    NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP
    TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG`,
  3: 'BHD IQD JOD KWD LYD OMR TND',
  4: 'CLF UYW',
};

// Withdrawn since 2021. Kept because history is fed through the same parser as live events; all have two decimals.
const WITHDRAWN = 'ANG BGN CUC HRK SLL ZWL';

const EXPONENTS: ReadonlyMap<string, number> = new Map(
  [...Object.entries(BY_EXPONENT), ['2', WITHDRAWN] as const].flatMap(([exponent, codes]) =>
    codes.split(/\s+/).map((code) => [code, Number(exponent)] as const),
  ),
);

/** Decimals of an ISO 4217 alphabetic code (0, 2, 3 or 4; capitals only); undefined for a code that is not one. */
export function currencyExponent(code: string): number | undefined {
  return EXPONENTS.get(code);
}

/** All codes that `currencyExponent` knows, sorted. */
export function currencyCodes(): string[] {
  return [...EXPONENTS.keys()].sort();
}
