/** Markup that is safe to put into a page as it stands. */
export interface Html {
  readonly markup: string;
}

type Piece = Html | string | number | readonly Piece[] | undefined | false;

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as markup. Control characters, which HTML forbids, are replaced by U+FFFD. */
export const escapeHtml = (text: string): string =>
  text.replace(/[\0-\x08\x0b\x0c\x0e-\x1f]/g, '\ufffd').replace(/[&<>"']/g, (char) => escapes[char]!);

const markupOf = (piece: Piece): string => {
  if (piece === undefined || piece === false) return '';
  if (typeof piece === 'number') return String(piece);
  if (typeof piece === 'string') return escapeHtml(piece);
  return 'markup' in piece ? piece.markup : piece.map(markupOf).join('');
};

/** Markup with values put in; strings are escaped, nothing else can get in unescaped but `raw`. */
export const html = (strings: TemplateStringsArray, ...pieces: Piece[]): Html => ({
  markup: strings.reduce((page, string, i) => page + markupOf(pieces[i - 1]) + string),
});

/** Markup that was made elsewhere and is trusted, such as a chart. */
export const raw = (markup: string): Html => ({ markup });
