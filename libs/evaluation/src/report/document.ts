import { createHash } from 'node:crypto';
import { html, raw, type Html } from './html.ts';
import type { Section } from './layout.ts';
import { pageScript } from './page-script/index.ts';
import { style } from './style.ts';

export interface Chapter {
  id?: string;
  title?: string;
  head?: Html;
  sections: readonly Section[];
}

export interface PageContent {
  /** Of the browser's window. */
  title: string;
  head: Html;
  chapters: readonly Chapter[];
  foot?: Html;
}

const nav = (chapters: readonly Chapter[]): Html =>
  html`<nav aria-label="contents">
    ${chapters.map(
      ({ id, title, sections }) =>
        html`${title !== undefined && html`<a class="chapter" href="#${id}">${title}</a>`}${sections.map((one) => html`<a href="#${one.id}">${one.title}</a>`)}`,
    )}
  </nav>`;

const chapter = ({ id, title, head, sections }: Chapter): Html =>
  html`${title !== undefined && html`<h1 class="chapter" id="${id}">${title}</h1>`} ${head}
  ${sections.map(({ content }) => content)}`;

/** As raw text: its hash is of every character between the tags. */
const scriptElement = raw(`<script>${pageScript}</script>`);

/** Forbids everything but this page's own styles and this very script, so that the page can load nothing and no text can become code. */
const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${createHash('sha256').update(pageScript).digest('base64')}'`;

/** One page: nothing is loaded from elsewhere; without its script it can still be read. */
export const pageDocument = ({ title, head, chapters, foot }: PageContent): string =>
  `<!doctype html>\n${
    html`<html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <title>${title}</title>
        <style>
          ${raw(style)}
        </style>
      </head>
      <body>
        ${nav(chapters)}
        <main>${head} ${chapters.map(chapter)} ${foot}</main>
        <div id="tip" role="tooltip" hidden></div>
        ${scriptElement}
      </body>
    </html> `.markup
  }`;
