import { Document, isMap, parseDocument, YAMLMap } from 'yaml';
import type { Settings } from './contexts.js';

/** Edits of the text of a file with contexts that is good; what else stands in it, comments too, stays. */

type Edit = (document: Document) => void;

function edited(text: string, edit: Edit): string {
  const parsed = parseDocument(text, { schema: 'failsafe' });
  const document: Document = isMap(parsed.contents) ? parsed : new Document({});
  edit(document);
  return document.toString({ lineWidth: 0 });
}

/** With a context of this name, instead of the one that had it. The first one becomes the current one. */
export function withContext(text: string, name: string, settings: Settings): string {
  return edited(text, (document) => {
    // `contexts:` with nothing below it is none.
    if (!isMap(document.get('contexts'))) document.set('contexts', new YAMLMap());
    document.setIn(['contexts', name], document.createNode(settings));
    if (!document.has('current') && isMap(document.contents)) {
      document.contents.items.unshift(document.createPair('current', name));
    }
  });
}

/** Without it; where it was the current one, there is none. */
export function withoutContext(text: string, name: string): string {
  return edited(text, (document) => {
    document.deleteIn(['contexts', name]);
    if (document.get('current') === name) document.delete('current');
  });
}

export function withCurrent(text: string, name: string): string {
  return edited(text, (document) => {
    document.set('current', name);
  });
}
