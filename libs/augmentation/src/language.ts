const han = /\p{Script=Han}/u;
const kana = /[\p{Script=Hiragana}\p{Script=Katakana}]/u;

/** What `auto` takes a text for: Chinese where it holds Han and no kana, else English. */
export const languageOf = (language: string, text: string): string =>
  language !== 'auto' ? language : han.test(text) && !kana.test(text) ? 'zh' : 'en';
