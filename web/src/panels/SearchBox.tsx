// The search box: a combobox whose list is drawn by Results.
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { useActions, useShown, useTexts } from './context';
import { Icon } from './icons';

export function SearchBox(): JSX.Element {
  const t = useTexts();
  const actions = useActions();
  const input = useRef<HTMLInputElement>(null);
  const query = useShown((state) => state.search.query);
  const active = useShown((state) => state.search.active);
  const inspecting = useShown((state) => state.inspector !== null);
  const listed = useShown((state) => state.inspector === null && (state.search.query.trim() === '' ? state.recent.length > 0 : state.search.places.length > 0));

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.isComposing) return;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      if (inspecting) actions.closeInspector();
      else actions.step(event.key === 'ArrowDown' ? 1 : -1);
    } else if (event.key === 'Escape') {
      event.preventDefault();
      if (inspecting) actions.closeInspector();
      else if (query !== '') actions.clearSearch();
      else document.getElementById('map')?.focus();
    }
  };

  return (
    <form
      class="search"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        void actions.submit();
      }}
    >
      <label class="hidden" for="search">{t.search.label}</label>
      <input
        ref={input} id="search" type="text" inputMode="search" autocomplete="off" spellcheck={false} maxLength={300}
        role="combobox" aria-expanded={listed} aria-controls="results" aria-autocomplete="list" aria-keyshortcuts="/"
        aria-activedescendant={listed && active >= 0 ? `result-${active}` : undefined}
        placeholder={t.search.placeholder} title={t.search.keyHint} value={query}
        onInput={(event) => actions.type(event.currentTarget.value)} onKeyDown={onKeyDown}
      />
      {query === '' ? (
        <kbd aria-hidden="true">/</kbd>
      ) : (
        <button
          type="button" class="quiet" aria-label={t.search.clear} title={t.search.clear}
          onClick={() => {
            actions.clearSearch();
            if (inspecting) actions.closeInspector();
            input.current?.focus();
          }}
        >
          <Icon name="close" />
        </button>
      )}
      <button type="submit" class="go" aria-label={t.search.go} title={t.search.go}><Icon name="search" /></button>
    </form>
  );
}
