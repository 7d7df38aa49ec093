/** Name of an event among all: an id is one event's within its key only, and no field holds a NUL. */
export function nameOf(key: string, id: string): string {
  return `${key}\0${id}`;
}
