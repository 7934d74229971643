// The last searches that led somewhere, to be done again; the browser keeps them, nobody else.
import type { JSX } from 'preact';
import { useActions, useShown, useTexts } from './context';
import { Icon } from './icons';

export function Recent(): JSX.Element | null {
  const t = useTexts();
  const actions = useActions();
  const recent = useShown((state) => state.recent);
  const active = useShown((state) => state.search.active);
  if (recent.length === 0) return null;
  return (
    <section class="recent" aria-labelledby="recent-title">
      <h2 id="recent-title" class="list-title">{t.search.recent}</h2>
      <ul id="results" role="listbox" class="results" aria-labelledby="recent-title">
        {recent.map((query, index) => (
          // Keys are handled by the combobox that owns this list.
          <li
            key={query} id={`result-${index}`} role="option" aria-selected={index === active} class={index === active ? 'active' : ''}
            onClick={() => void actions.again(index)} onPointerMove={() => index !== active && actions.highlight(index)}
          >
            <Icon name="search" /> <span class="result-text"><strong>{query}</strong></span>
          </li>
        ))}
      </ul>
      <p class="hint">{t.search.recentHint} <button type="button" class="quiet text" onClick={() => actions.forgetRecent()}>{t.search.forget}</button></p>
    </section>
  );
}
