/** Mean radius of the earth, km (IUGG). */
const EARTH_KM = 6_371.0088;
const RADIANS = Math.PI / 180;
/** Metres: what lies behind is noise of coordinates, and of how engines compute sines. */
const METRES = 1_000;

/** Great-circle distance between two places in degrees, km to three decimals. */
export function distanceKm([latA, lonA]: readonly [number, number], [latB, lonB]: readonly [number, number]): number {
  const north = Math.sin(((latB - latA) * RADIANS) / 2) ** 2;
  const east = Math.sin(((lonB - lonA) * RADIANS) / 2) ** 2;
  const chord = north + Math.cos(latA * RADIANS) * Math.cos(latB * RADIANS) * east;
  return Math.round(2 * EARTH_KM * Math.asin(Math.min(1, Math.sqrt(chord))) * METRES) / METRES;
}
