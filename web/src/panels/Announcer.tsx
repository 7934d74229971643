// Says aloud what changed out of sight, and shows short confirmations.
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { MOST_PLACES } from '../state/actions/search';
import { describe } from '../text/describe';
import { useActions, useShown, useTexts } from './context';

export function Announcer(): JSX.Element {
  const t = useTexts();
  const actions = useActions();
  const lang = useShown((state) => state.lang);
  const layers = useShown((state) => state.layers);
  const search = useShown((state) => state.search);
  const inspector = useShown((state) => state.inspector);
  const said = useShown((state) => state.said);
  useEffect(() => {
    if (!said) return undefined;
    const timer = window.setTimeout(() => actions.say(null), 2500);
    return () => window.clearTimeout(timer);
  }, [actions, said]);

  const found = inspector?.feature ? describe(inspector.feature, layers, lang) : null;
  const words =
    inspector?.status === 'ready' ? (found ? `${found.title}. ${found.summary}` : t.inspector.nothing)
    : !inspector && search.status === 'ready' ? (search.places.length >= MOST_PLACES ? t.search.first(search.places.length) : search.places.length > 0 ? t.search.count(search.places.length) : t.search.none(search.answered.trim()))
    : '';
  const toast = said === 'copied' ? t.inspector.copied : said === 'not_copied' ? t.inspector.notCopied : '';
  return (
    <>
      <p class="hidden" role="status" aria-live="polite">{words}</p>
      <p class={`toast${toast ? ' on' : ''}`} role="status" aria-live="polite">{toast}</p>
    </>
  );
}
