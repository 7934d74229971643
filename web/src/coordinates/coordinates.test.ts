// The conversions against published pairs, and the reader against what people paste.
import { describe, expect, it } from 'vitest';
import { bd09ToWgs84, gcj02ToWgs84, wgs84ToBd09, wgs84ToGcj02 } from './china';
import { geodesicAreaM2, geodesicDistanceM, planeAreaM2, planeLengthM } from './geodesic';
import { readCoordinates } from './parse';
import { workingCrs } from './working';

const PAIRS = [
  { name: 'Hangzhou', wgs: [30.27415, 120.15507], gcj: [30.271821, 120.159765], bd: [30.27765, 120.166328] },
  { name: 'Beijing', wgs: [39.90623, 116.39128], gcj: [39.907631, 116.397521], bd: [39.913975, 116.403895] },
  { name: 'Urumqi', wgs: [43.8255, 87.6168], gcj: [43.826705, 87.61965], bd: [43.83285, 87.6261] },
] as const;
const point = ([lat, lon]: readonly [number, number]) => ({ lon, lat });

describe('GCJ-02 and BD-09', () => {
  it.each(PAIRS)('$name agrees with the published pair within two metres both ways', ({ wgs, gcj, bd }) => {
    expect(geodesicDistanceM(wgs84ToGcj02(point(wgs)), point(gcj))).toBeLessThan(2);
    expect(geodesicDistanceM(wgs84ToBd09(point(wgs)), point(bd))).toBeLessThan(2);
    expect(geodesicDistanceM(gcj02ToWgs84(point(gcj)), point(wgs))).toBeLessThan(2);
    expect(geodesicDistanceM(bd09ToWgs84(point(bd)), point(wgs))).toBeLessThan(2);
  });

  it('returns to where it started within a tenth of a metre all over the country', () => {
    for (let lon = 74; lon < 135; lon += 3.7) {
      for (let lat = 4; lat < 53; lat += 3.1) {
        const start = { lon, lat };
        expect(geodesicDistanceM(gcj02ToWgs84(wgs84ToGcj02(start)), start)).toBeLessThan(0.1);
        expect(geodesicDistanceM(bd09ToWgs84(wgs84ToBd09(start)), start)).toBeLessThan(0.1);
      }
    }
  });

  it('shifts nothing outside the box', () => {
    expect(wgs84ToBd09({ lon: -71.1, lat: 42.37 })).toEqual({ lon: -71.1, lat: 42.37 });
  });
});

describe('measures', () => {
  it('knows the length of the Flinders Peak to Buninyong line to a millimetre', () => {
    const flinders = { lon: 144 + 25 / 60 + 29.52440 / 3600, lat: -(37 + 57 / 60 + 3.72030 / 3600) };
    const buninyong = { lon: 143 + 55 / 60 + 35.38390 / 3600, lat: -(37 + 39 / 60 + 10.15610 / 3600) };
    expect(geodesicDistanceM(flinders, buninyong)).toBeCloseTo(54972.271, 2);
  });

  it('gives one degree of longitude between the parallels 30 and 31 its area on the ellipsoid', () => {
    const ring = [{ lon: 120, lat: 30 }, { lon: 121, lat: 30 }, { lon: 121, lat: 31 }, { lon: 120, lat: 31 }];
    // Edges that are straight in longitude and latitude: the strip of the zone, which the closed formula gives exactly.
    const a = 6378137;
    const e2 = 0.0066943799901413165;
    const e = Math.sqrt(e2);
    const q = (lat: number): number => {
      const s = Math.sin((lat * Math.PI) / 180);
      return (1 - e2) * (s / (1 - e2 * s * s) - (1 / (2 * e)) * Math.log((1 - e * s) / (1 + e * s)));
    };
    const exact = ((a * a) / 2) * (Math.PI / 180) * (q(31) - q(30));
    expect(geodesicAreaM2(ring) / exact).toBeCloseTo(1, 8);
  });

  it('agrees with the plane on the central meridian for a small square', () => {
    const crs = workingCrs('+proj=tmerc +lat_0=0 +lon_0=120 +k=1 +x_0=500000 +y_0=0 +ellps=GRS80 +units=m +no_defs');
    const corners = [[0, 0], [100, 0], [100, 100], [0, 100]].map(([x, y]) => ({ x: 500000 + x!, y: 3350000 + y! }));
    expect(planeAreaM2(corners)).toBeCloseTo(10000, 6);
    expect(planeLengthM(corners)).toBeCloseTo(300, 9);
    const round = corners.map((corner) => crs!.inverse(corner)!);
    expect(geodesicAreaM2(round)).toBeCloseTo(10000, 1);
  });
});

describe('reading typed coordinates', () => {
  const crs = workingCrs('+proj=tmerc +lat_0=0 +lon_0=120 +k=1 +x_0=500000 +y_0=0 +ellps=GRS80 +units=m +no_defs');
  const ground = { extent: [120.1, 30.2, 120.3, 30.4] as [number, number, number, number], crs };
  const first = (text: string) => readCoordinates(text, ground)[0];

  it.each([
    ['120.15507, 30.27415', 'lon-lat'],
    ['30.27415,120.15507', 'lat-lon'],
    ['30.27415 120.15507', 'lat-lon'],
    ['１２０．１５５０７，３０．２７４１５', 'lon-lat'],
    ['N30.27415 E120.15507', 'lat-lon'],
    ['30.27415 N 120.15507 E', 'lat-lon'],
    ['E 120.15507° N 30.27415°', 'lon-lat'],
    ['北纬30.27415 东经120.15507', 'lat-lon'],
    ['30°16\'26.94"N 120°09\'18.252"E', 'lat-lon'],
    ['北纬30度16分26.94秒，东经120度9分18.252秒', 'lat-lon'],
  ])('takes %s as WGS 84, %s', (text, order) => {
    const reading = first(text);
    expect(reading?.system).toBe('wgs84');
    expect(reading?.order).toBe(order);
    expect(reading?.point.lon).toBeCloseTo(120.15507, 5);
    expect(reading?.point.lat).toBeCloseTo(30.27415, 5);
  });

  it('offers GCJ-02 and BD-09 beside WGS 84 inside China and takes them first when named', () => {
    expect(readCoordinates('120.159765,30.271821', ground).map((reading) => reading.system)).toEqual(['wgs84', 'gcj02', 'bd09']);
    const gcj = first('GCJ-02 120.159765,30.271821');
    expect(gcj?.system).toBe('gcj02');
    expect(gcj?.point.lon).toBeCloseTo(120.15507, 4);
    expect(first('百度坐标 120.166328,30.27765')?.system).toBe('bd09');
  });

  it('offers no Chinese shift for a place elsewhere', () => {
    const ma = { extent: [-71.2, 42.3, -71, 42.5] as [number, number, number, number], crs: null };
    expect(readCoordinates('42.3736, -71.1097', ma).map((reading) => `${reading.system} ${reading.order}`)).toEqual(['wgs84 lat-lon', 'wgs84 lon-lat']);
  });

  it('takes large numbers as the working system in either order and with a zone number in front', () => {
    const at = crs!.forward({ lon: 120.15507, lat: 30.27415 })!;
    const east = at.x.toFixed(2);
    const north = at.y.toFixed(2);
    expect(first(`${east}, ${north}`)).toMatchObject({ system: 'working', order: 'east-north', zone: null });
    expect(first(`X=${north} Y=${east}`)).toMatchObject({ system: 'working', order: 'north-east', zone: null });
    const zoned = first(`40${east} ${north}`);
    expect(zoned).toMatchObject({ system: 'working', order: 'east-north', zone: 40 });
    expect(zoned?.point.lon).toBeCloseTo(120.15507, 6);
  });

  it.each(['人民路 12 号', '12', '31000', '人民路12-3', '', '1 2 3', '东湖路88弄5号', '120.15507'])('leaves %s to the search', (text) => {
    expect(readCoordinates(text, ground)).toEqual([]);
  });
});
