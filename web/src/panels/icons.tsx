// The few line drawings on buttons; decoration only, the words are on the buttons.
import type { JSX } from 'preact';

const SHAPES = {
  search: 'M10.500 4a6.500 6.500 0 1 1 0 13 6.500 6.500 0 0 1 0-13zM15.300 15.300 20 20',
  close: 'M6 6l12 12M18 6 6 18',
  layers: 'M12 4 3.500 8.500 12 13l8.500-4.500zM4 12.500l8 4.200 8-4.200M4 16.300l8 4.200 8-4.200',
  legend: 'M4 5.500h5v4H4zM4 14.500h5v4H4zM12.500 7.500H20M12.500 16.500H20',
  measure: 'M3.500 15.500 15.500 3.500l5 5-12 12zM7 12l2 2M10 9l2.500 2.500M13 6l2 2',
  print: 'M7 9V4h10v5M7 17H4.500V9.500h15V17H17M7 14h10v6H7z',
  plus: 'M12 5v14M5 12h14',
  minus: 'M5 12h14',
  home: 'M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5',
  up: 'M6 14.500l6-6 6 6',
  down: 'M6 9.500l6 6 6-6',
  back: 'M14.500 6l-6 6 6 6',
  link: 'M10 14a4 4 0 0 0 5.700 0l3-3A4 4 0 0 0 13 5.300l-1 1M14 10a4 4 0 0 0-5.700 0l-3 3A4 4 0 0 0 11 18.700l1-1',
  copy: 'M9 9h10v10H9zM5 15V5h10',
  target: 'M12 3v4M12 17v4M3 12h4M17 12h4M12 8.500a3.500 3.500 0 1 1 0 7 3.500 3.500 0 0 1 0-7z',
  user: 'M12 4.500a3.750 3.750 0 1 1 0 7.500 3.750 3.750 0 0 1 0-7.500zM4.500 20c.7-3.700 3.700-5.500 7.500-5.500s6.800 1.800 7.500 5.500',
  sun: 'M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM12 2.500v2M12 19.500v2M2.500 12h2M19.500 12h2M5.300 5.300l1.400 1.400M17.300 17.300l1.400 1.400M5.300 18.700l1.400-1.400M17.300 6.700l1.400-1.400',
  moon: 'M19.500 14.500A8 8 0 0 1 9.500 4.500a8 8 0 1 0 10 10z',
  auto: 'M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16zM12 4v16M12 8h4.500M12 12h7M12 16h4.500',
  warning: 'M12 4 2.500 20h19zM12 10v4.500M12 17.300v.2',
  info: 'M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16zM12 11v5M12 8v.2',
  trash: 'M5 7h14M10 7V4.500h4V7M7 7l.8 12.500h8.400L17 7',
  go: 'M5 12h13M13 7l5 5-5 5',
} as const;

export type IconName = keyof typeof SHAPES;

export function Icon({ name }: { name: IconName }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={SHAPES[name]} fill="none" stroke="currentColor" stroke-width="1.700" stroke-linecap="round" stroke-linejoin="round" />
    </svg>
  );
}
