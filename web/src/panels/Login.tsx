// Logging in, as a dialog over the page; the map stays where it was.
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { problemText } from '../text';
import { useActions, useShown, useTexts } from './context';

export function Login(): JSX.Element {
  const t = useTexts();
  const actions = useActions();
  const { open, who } = useShown((state) => state.session);
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (open && !dialog.current?.open) dialog.current?.showModal();
    if (!open && dialog.current?.open) dialog.current.close();
  }, [open]);
  return (
    <dialog ref={dialog} class="login" aria-label={t.session.title} onClose={() => actions.openLogin(false)}>
      {open && (who ? <Who name={who.display_name || who.name} role={t.session.roles[who.role] ?? who.role} /> : <Form />)}
    </dialog>
  );
}

function Who({ name, role }: { name: string; role: string }): JSX.Element {
  const t = useTexts();
  const actions = useActions();
  return (
    <div class="login-body">
      <h2>{name}</h2>
      <p>{role}</p>
      <div class="actions">
        <button type="button" onClick={() => void actions.logOut().then(() => actions.openLogin(false))}>{t.session.out}</button>
        <button type="button" onClick={() => actions.openLogin(false)}>{t.tools.close}</button>
      </div>
    </div>
  );
}

function Form(): JSX.Element {
  const t = useTexts();
  const actions = useActions();
  const { busy, problem } = useShown((state) => state.session);
  const lang = useShown((state) => state.lang);
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  return (
    <form
      class="login-body"
      onSubmit={(event) => {
        event.preventDefault();
        void actions.logIn(name, password);
      }}
    >
      <h2>{t.session.title}</h2>
      <p class="hint">{t.session.hint}</p>
      <label>{t.session.name}<input type="text" autocomplete="username" required value={name} onInput={(event) => setName(event.currentTarget.value)} /></label>
      <label>{t.session.password}<input type="password" autocomplete="current-password" required value={password} onInput={(event) => setPassword(event.currentTarget.value)} /></label>
      {problem && <p class="hint warn" role="alert">{problem.status === 401 ? t.session.wrong : problemText(problem, lang)}</p>}
      <div class="actions">
        <button type="submit" class="primary" disabled={busy}>{t.session.submit}</button>
        <button type="button" onClick={() => actions.openLogin(false)}>{t.session.cancel}</button>
      </div>
    </form>
  );
}
