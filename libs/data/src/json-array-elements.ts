import { invalidInput, type TaxonError } from '@taxon/errors';
import { excerpt } from './note.ts';

export interface ArrayElement {
  /** 1-based line on which the element starts. */
  line: number;
  /** The element's source, not parsed yet. */
  json: string;
}

/** Finds where the elements of one array begin and end. It knows strings and brackets; what is between is JSON.parse's. */
class ArraySplitter {
  readonly #path: string;
  #state: 'before' | 'inside' | 'after' = 'before';
  #line = 1;
  #startLine = 0; // 0: only white space since the last separator
  #partial = ''; // the element's source from earlier chunks
  #depth = 0;
  #inString = false;
  #escaped = false;
  #separated = false; // a comma came before

  constructor(path: string) {
    this.#path = path;
  }

  #wrong(message: string, hint = 'The file must hold one JSON array: [{…}, {…}].'): TaxonError {
    return invalidInput(`${this.#path}:${this.#line}: ${message}`, hint);
  }

  push(text: string): ArrayElement[] {
    const elements: ArrayElement[] = [];
    let start = 0;
    for (let i = 0; i < text.length; i++) {
      const char = text[i]!;
      if (char === '\n') this.#newLine();
      else if (this.#inString) this.#stringChar(char);
      else if (char === ' ' || char === '\t' || char === '\r') continue;
      else if (this.#state !== 'inside') {
        this.#outside(char, text.slice(i, i + 80));
        start = i + 1;
      } else if (this.#depth === 0 && (char === ',' || char === ']')) {
        const json = this.#partial + text.slice(start, i);
        this.#partial = '';
        start = i + 1;
        if (this.#startLine > 0) elements.push({ line: this.#startLine, json: json.trim() });
        else if (char === ',' || this.#separated) throw this.#wrong(`an element is missing before "${char}"`);
        this.#startLine = 0;
        this.#separated = char === ',';
        if (char === ']') this.#state = 'after';
      } else this.#elementChar(char);
    }
    if (this.#state === 'inside') this.#partial += text.slice(start);
    return elements;
  }

  #newLine(): void {
    if (this.#inString) throw this.#wrong('a string is not closed on its line', 'Close it with ", or write \\n.');
    this.#line++;
  }

  #stringChar(char: string): void {
    if (this.#escaped) this.#escaped = false;
    else if (char === '\\') this.#escaped = true;
    else if (char === '"') this.#inString = false;
  }

  #elementChar(char: string): void {
    if (this.#startLine === 0) this.#startLine = this.#line;
    if (char === '"') this.#inString = true;
    else if (char === '{' || char === '[') this.#depth++;
    else if (char === '}' || char === ']') this.#depth--;
    if (this.#depth < 0) throw this.#wrong(`"${char}" closes nothing`);
  }

  #outside(char: string, context: string): void {
    if (this.#state === 'after') throw this.#wrong(`the array has ended, but ${excerpt(context, 20)} follows`);
    if (char === '{')
      throw this.#wrong('starts with "{" instead of "["', 'Set --format jsonl if each line is one object.');
    if (char !== '[') throw this.#wrong(`starts with ${excerpt(context, 20)} instead of "["`);
    this.#state = 'inside';
  }

  end(): void {
    if (this.#state === 'after' || (this.#state === 'before' && this.#startLine === 0)) return;
    if (this.#startLine === 0) throw this.#wrong('the file ends before the array\'s closing "]"');
    this.#line = this.#startLine;
    throw this.#wrong('the element that starts here is not closed before the file ends');
  }
}

/**
 * The elements of one JSON array, chunk by chunk, so that a file larger than a string may be can be read and every element
 * knows its line. (JSON.parse tells no positions, and takes 512 MiB at most.)
 * @throws TaxonError `invalid_input` naming file and line of what breaks the array's structure
 */
export async function* jsonArrayElements(path: string, chunks: AsyncIterable<Buffer>): AsyncGenerator<ArrayElement[]> {
  const splitter = new ArraySplitter(path);
  for await (const chunk of chunks) yield splitter.push(chunk.toString('utf8'));
  splitter.end();
}
