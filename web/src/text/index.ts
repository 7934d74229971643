// The texts in the asked language, and what a Problem says to a person.
import type { Lang, Problem } from '../api/types';
import { en } from './en';
import { zh, type Texts } from './zh';

export type { Texts } from './zh';

export const texts = (lang: Lang): Texts => (lang === 'en' ? en : zh);

/** What the browser asks for, Chinese when it asks for neither. */
export function preferredLang(languages: readonly string[]): Lang {
  const first = languages.find((language) => /^(zh|en)\b/i.test(language));
  return first && /^en/i.test(first) ? 'en' : 'zh';
}

/** The server's own words where it said any. */
export function problemText(problem: Problem, lang: Lang): string {
  const t = texts(lang).problem;
  if (problem.status === 0) return t.unreachable;
  if (problem.detail) return problem.detail;
  if (problem.title) return problem.title;
  return { 404: t.missing, 410: t.gone, 429: t.limited }[problem.status] ?? t.other(problem.status);
}
