// A symbol as a small picture, drawn from the same data as the map.
import type { JSX } from 'preact';
import type { Hatch, Symbol } from '../symbols/symbols';

const WIDTH = 34;
const HEIGHT = 20;

export function Swatch({ symbol, id, area }: { symbol: Symbol; id: string; area: boolean }): JSX.Element {
  return (
    <svg class="swatch" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} width={WIDTH} height={HEIGHT} aria-hidden="true" focusable="false">
      {area ? <Area symbol={symbol} id={id} /> : symbol.mark ? <Mark symbol={symbol} /> : <LineSample symbol={symbol} />}
    </svg>
  );
}

function Area({ symbol: { fill, hatch, line }, id }: { symbol: Symbol; id: string }): JSX.Element {
  const box = { x: 2, y: 2, width: WIDTH - 4, height: HEIGHT - 4 };
  return (
    <>
      {fill && <rect {...box} fill={fill} />}
      {hatch && (
        <>
          <defs>
            <pattern id={id} width="6" height="6" patternUnits="userSpaceOnUse">
              <HatchLines hatch={hatch} />
            </pattern>
          </defs>
          <rect {...box} fill={`url(#${id})`} />
        </>
      )}
      {line && <rect {...box} fill="none" stroke={line.colour} stroke-width={Math.max(1, line.width)} stroke-dasharray={line.dash?.join(' ')} />}
    </>
  );
}

function HatchLines({ hatch }: { hatch: Hatch }): JSX.Element {
  if (hatch.kind === 'dots') return <circle cx="3" cy="3" r="1.1" fill={hatch.colour} />;
  const lines = { rising: 'M-1 7 7-1', falling: 'M-1-1 7 7', cross: 'M-1 7 7-1M-1-1 7 7', level: 'M0 3H6' }[hatch.kind];
  return <path d={lines} stroke={hatch.colour} stroke-width="1.2" />;
}

function LineSample({ symbol: { line } }: { symbol: Symbol }): JSX.Element | null {
  if (!line) return null;
  const path = `M2 ${HEIGHT / 2}H${WIDTH - 2}`;
  const scale = Math.min(1, 9 / Math.max(line.width, 1));
  return (
    <>
      {line.casing && <path d={path} stroke={line.casing.colour} stroke-width={line.width * scale + (line.casing.width - line.width)} />}
      <path d={path} stroke={line.colour} stroke-width={line.width * scale} stroke-dasharray={line.dash?.join(' ')} />
    </>
  );
}

function Mark({ symbol: { mark } }: { symbol: Symbol }): JSX.Element | null {
  if (!mark) return null;
  const paint = { fill: mark.fill, stroke: mark.edge, 'stroke-width': mark.edgeWidth };
  const [x, y, r] = [WIDTH / 2, HEIGHT / 2, Math.max(mark.radius, 3.5)];
  if (mark.shape === 'circle') return <circle cx={x} cy={y} r={r} {...paint} />;
  if (mark.shape === 'square') return <rect x={x - r * 0.8} y={y - r * 0.8} width={r * 1.6} height={r * 1.6} {...paint} />;
  const points = mark.shape === 'triangle' ? `${x},${y - r} ${x + r * 0.9},${y + r * 0.7} ${x - r * 0.9},${y + r * 0.7}` : `${x},${y - r} ${x + r},${y} ${x},${y + r} ${x - r},${y}`;
  return <polygon points={points} {...paint} />;
}
