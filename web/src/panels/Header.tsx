// Above everything: whose city this is, the search box, language, appearance and login.
import type { JSX } from 'preact';
import { useActions, useShown, useTexts } from './context';
import { Icon } from './icons';
import { SearchBox } from './SearchBox';
import type { Theme } from '../state/state';

export function Header(): JSX.Element {
  const t = useTexts();
  const lang = useShown((state) => state.lang);
  const city = useShown((state) => state.city);
  return (
    <header class="header">
      <div class="brand">
        <img src="/favicon.svg" alt="" width="26" height="26" />
        <p class="brand-name">
          <strong>{city ? city.name[lang] : t.app.name}</strong>
          {city && <span>{t.app.full}</span>}
        </p>
        <Settings />
      </div>
      <SearchBox />
    </header>
  );
}

const NEXT: Record<Theme, Theme> = { auto: 'light', light: 'dark', dark: 'auto' };

function Settings(): JSX.Element {
  const t = useTexts();
  const actions = useActions();
  const lang = useShown((state) => state.lang);
  const theme = useShown((state) => state.theme);
  const who = useShown((state) => state.session.who);
  const other = lang === 'zh' ? 'en' : 'zh';
  const icon = ({ auto: 'auto', light: 'sun', dark: 'moon' } as const)[theme];
  return (
    <div class="settings">
      <button type="button" class="quiet" lang={other} aria-label={t.app.languageHint} title={t.app.languageHint} onClick={() => actions.setLang(other)}>{lang === 'zh' ? 'EN' : '中'}</button>
      <button type="button" class="quiet" aria-label={t.theme[theme]} title={t.theme[theme]} onClick={() => actions.setTheme(NEXT[theme], window.matchMedia('(prefers-color-scheme: dark)').matches)}>
        <Icon name={icon} />
      </button>
      <button type="button" class={`quiet${who ? ' on' : ''}`} aria-label={who ? t.session.as(who.display_name || who.name, t.session.roles[who.role] ?? who.role) : t.session.open} title={who ? who.display_name || who.name : t.session.open} onClick={() => actions.openLogin(true)}>
        <Icon name="user" />
      </button>
    </div>
  );
}
