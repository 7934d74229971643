// The typed fields of a feature, its names, where all of it comes from and since when.
import type { JSX } from 'preact';
import type { Feature } from '../api/types';
import { fieldTitle, textOf, valueText } from '../text/describe';
import * as format from '../text/format';
import { useShown, useTexts } from './context';

export function Facts({ feature }: { feature: Feature }): JSX.Element {
  const t = useTexts();
  const lang = useShown((state) => state.lang);
  const info = useShown((state) => state.layers.find(({ id }) => id === feature.properties.layer));
  const properties = feature.properties;
  const rows = (info?.fields ?? []).flatMap((field) => {
    const value = valueText(properties.layer, field, properties[field.name], lang);
    return value === null ? [] : [{ title: fieldTitle(field, lang), value }];
  });
  const names = properties.names ?? [];
  const attributes = Object.entries(properties.attributes ?? {}).filter(([, value]) => textOf(value) !== null);
  return (
    <div class="facts">
      {rows.length > 0 && (
        <table>
          <caption class="hidden">{t.inspector.facts}</caption>
          <thead class="hidden"><tr><th scope="col">{t.inspector.fact}</th><th scope="col">{t.inspector.value}</th></tr></thead>
          <tbody>
            {rows.map(({ title, value }) => <tr key={title}><th scope="row">{title}</th><td>{value}</td></tr>)}
          </tbody>
        </table>
      )}
      {names.length > 0 && (
        <table>
          <caption>{t.inspector.names}</caption>
          <tbody>
            {names.map((name) => (
              <tr key={`${name.text} ${name.kind} ${name.lang}`}>
                <th scope="row">{(name.kind && (t.nameKinds[name.kind] ?? name.kind)) ?? ''}{name.lang ? <small> {name.lang}</small> : null}</th>
                <td lang={name.lang ?? undefined}>{name.text}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <Source feature={feature} />
      {attributes.length > 0 && (
        <details>
          <summary>{t.inspector.attributes}</summary>
          <table>
            <tbody>{attributes.map(([name, value]) => <tr key={name}><th scope="row">{name}</th><td>{textOf(value)}</td></tr>)}</tbody>
          </table>
        </details>
      )}
    </div>
  );
}

function Source({ feature: { properties } }: { feature: Feature }): JSX.Element {
  const t = useTexts();
  const dataset = properties.dataset;
  const day = (text: string | null | undefined): string | null => (text ? format.date(text) : null);
  const [from, to] = [day(properties.valid_from), day(properties.valid_to)];
  const parts = [
    properties.source ?? t.inspector.unknownSource,
    dataset?.edition ? `${t.inspector.edition} ${dataset.edition}` : null,
    dataset?.imported_at ? `${t.inspector.imported} ${format.date(dataset.imported_at)}` : null,
    properties.source_id ? `${t.inspector.sourceId} ${properties.source_id}` : null,
  ];
  const validity = [from ? t.inspector.validFrom(from) : null, to ? t.inspector.validUntil(to) : null].filter(Boolean).join(' ');
  return (
    <dl class="source">
      <div><dt>{t.inspector.source}</dt><dd>{parts.filter(Boolean).join(' · ')}</dd></div>
      {validity !== '' && <div><dt>{t.inspector.valid}</dt><dd>{validity}</dd></div>}
    </dl>
  );
}
