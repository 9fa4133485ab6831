// What pages are made of, for other libs that write one.
export { pageDocument, type Chapter, type PageContent } from './document.ts';
export { count, duration, percent } from './figures.ts';
export { html, type Html } from './html.ts';
export { cell, cut, note, section, table, tile, type Cell, type Column, type Section } from './layout.ts';
export { notes, optionsTable } from './sections/run.ts';
