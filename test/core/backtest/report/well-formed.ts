const VOID = ['meta'];
const ENTITY = /&(?!(?:amp|lt|gt|quot|#39);)/;

/** Walks a page as an XML reader would: throws where a tag is not closed in order, an attribute not quoted, or a character not escaped. */
export function checkMarkup(page: string): { readonly ids: readonly string[] } {
  const open: string[] = [];
  const ids: string[] = [];
  const body = page.replace(/^<!doctype html>\n/, '');
  if (body === page) throw new Error('no doctype');
  for (const part of body.split(/(?=<)|(?<=>)/)) {
    if (!part.startsWith('<')) {
      if (ENTITY.test(part)) throw new Error(`not escaped: ${part}`);
      continue;
    }
    const tag = /^<(\/?)([a-z][a-z0-9]*)((?:\s+[a-zA-Z0-9:-]+="[^"<]*")*)\s*(\/?)>$/.exec(part);
    if (tag === null) throw new Error(`no tag: ${part}`);
    const [, isEnd, name = '', attributes = '', isEmpty] = tag;
    if (ENTITY.test(attributes)) throw new Error(`not escaped: ${part}`);
    const id = /\sid="([^"]*)"/.exec(attributes)?.[1];
    if (id !== undefined) ids.push(id);
    if (VOID.includes(name) && isEmpty !== '/') throw new Error(`not closed: ${part}`);
    if (isEnd === '/') {
      const last = open.pop();
      if (last !== name) throw new Error(`${part} closes ${last}`);
    } else if (isEmpty !== '/') open.push(name);
  }
  if (open.length > 0) throw new Error(`still open: ${open.join(' ')}`);
  return { ids };
}
