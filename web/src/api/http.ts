// One way to ask the server: JSON in, JSON or a Problem out. Nothing is retried here.
import type { Problem } from './types';

export type Answer<T> = { ok: true; value: T; sequence: number | null } | { ok: false; problem: Problem };

interface Ask {
  method?: 'GET' | 'POST' | 'DELETE';
  query?: Record<string, string | number | undefined>;
  body?: unknown;
  signal?: AbortSignal;
  /** Ask the server even when the browser holds a copy. */
  fresh?: boolean;
}

/** Status 0 stands for a server that could not be reached. Throws only when `signal` aborted the request. */
export async function ask<T>(path: string, { method = 'GET', query = {}, body, signal, fresh }: Ask = {}): Promise<Answer<T>> {
  const url = new URL(path, document.baseURI);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') url.searchParams.set(name, String(value));
  }
  const request: RequestInit = { method, headers: { accept: 'application/json, application/geo+json, application/problem+json' } };
  if (body !== undefined) {
    request.body = JSON.stringify(body);
    request.headers = { ...request.headers, 'content-type': 'application/json' };
  }
  if (signal) request.signal = signal;
  if (fresh) request.cache = 'no-cache';
  try {
    const response = await fetch(url, request);
    if (!response.ok) return { ok: false, problem: await problemOf(response) };
    const text = await response.text();
    const value = text === '' ? null : JSON.parse(text);
    const sequence = Number(response.headers.get('yutu-sequence') ?? Number.NaN);
    return { ok: true, value: value as T, sequence: Number.isFinite(sequence) ? sequence : null };
  } catch (error) {
    if (signal?.aborted) throw error;
    return { ok: false, problem: { title: '', status: 0 } };
  }
}

async function problemOf(response: Response): Promise<Problem> {
  try {
    const problem = (await response.json()) as Partial<Problem>;
    return { ...problem, title: problem.title ?? '', status: response.status };
  } catch {
    return { title: '', status: response.status };
  }
}
