// The questions the page asks. Only this room talks to the server.
import type { LonLat } from '../coordinates/point';
import { ask, type Answer } from './http';
import type { City, Feature, Identified, Lang, LayerInfo, Places, Session } from './types';

export type { Answer } from './http';
export { openLive, type LiveHandlers } from './live';
export * from './types';

export const getCity = (): Promise<Answer<City>> => ask('api/city', { fresh: true });
export const getLayers = (): Promise<Answer<LayerInfo[]>> => ask('api/layers', { fresh: true });

export const identify = (point: LonLat, radius_m: number, lang: Lang, signal: AbortSignal): Promise<Answer<Identified>> =>
  ask('api/identify', { query: { lon: point.lon.toFixed(7), lat: point.lat.toFixed(7), radius: radius_m.toFixed(1), lang }, signal, fresh: true });

/** `at`: the day (valid time) for which the feature is asked; now when empty. */
export const getFeature = (layer: string, id: string, at: string | null, lang: Lang, signal: AbortSignal): Promise<Answer<Feature>> =>
  ask(`api/features/${encodeURIComponent(layer)}/${encodeURIComponent(id)}`, { query: { at: at ?? undefined, lang }, signal, fresh: true });

export const suggest = (q: string, near: LonLat | null, lang: Lang, signal: AbortSignal): Promise<Answer<Places>> =>
  ask('api/suggest', { query: { q, lang, limit: 8, ...nearby(near) }, signal, fresh: true });

export const search = (q: string, limit: number, near: LonLat | null, lang: Lang, signal: AbortSignal): Promise<Answer<Places>> =>
  ask('api/search', { query: { q, lang, limit, ...nearby(near) }, signal, fresh: true });

export const getSession = (): Promise<Answer<Session | null>> => ask('api/session', { fresh: true });
export const logIn = (name: string, password: string, lang: Lang): Promise<Answer<Session>> => ask('api/session', { method: 'POST', body: { name, password }, query: { lang } });
export const logOut = (): Promise<Answer<null>> => ask('api/session', { method: 'DELETE' });

function nearby(point: LonLat | null): { lon?: string; lat?: string } {
  return point ? { lon: point.lon.toFixed(5), lat: point.lat.toFixed(5) } : {};
}
