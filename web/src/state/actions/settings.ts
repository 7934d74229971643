// Language, theme, open tool, sheet, and which layers are drawn in which order.
import type { Lang } from '../../api/types';
import type { Shown } from '../layers';
import type { Stop, Theme, Tool } from '../state';
import type { Store } from '../store';

export function settingActions(store: Store) {
  const change = (id: string, with_: Partial<Shown>): void =>
    store.set({ shown: store.get().shown.map((layer) => (layer.id === id ? { ...layer, ...with_ } : layer)) });

  return {
    setLang: (lang: Lang): void => store.set({ lang }),
    setTheme: (theme: Theme, systemDark: boolean): void => store.set({ theme, dark: theme === 'auto' ? systemDark : theme === 'dark' }),
    systemThemeChanged: (systemDark: boolean): void => {
      if (store.get().theme === 'auto') store.set({ dark: systemDark });
    },
    toggleTool: (tool: Tool): void => store.set({ tool: store.get().tool === tool ? null : tool }),
    closeTool: (): void => store.set({ tool: null }),
    setStop: (stop: Stop, covered_px: number): void => store.set({ stop, covered_px }),
    showLayer: (id: string, visible: boolean): void => change(id, { visible }),
    setOpacity: (id: string, opacity: number): void => change(id, { opacity: Math.round(opacity * 100) / 100 }),
    /** One step up (towards the viewer) or down in the drawing order. */
    moveLayer: (id: string, step: 1 | -1): void => {
      const shown = [...store.get().shown];
      const from = shown.findIndex((layer) => layer.id === id);
      const to = from + step;
      const [moved, other] = [shown[from], shown[to]];
      if (!moved || !other) return;
      shown[to] = moved;
      shown[from] = other;
      store.set({ shown });
    },
    setBasemap: (basemap: boolean): void => store.set({ basemap }),
    say: (said: 'copied' | 'not_copied' | null): void => store.set({ said }),
  };
}
