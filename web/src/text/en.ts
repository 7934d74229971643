// Every text of the page in English.
import type { Texts } from './zh';

export const en: Texts = {
  app: { name: 'Yutu', full: 'Yutu 舆图', skipToSearch: 'Skip to search', skipToMap: 'Skip to map', panel: 'Search and answers', map: 'Map', tools: 'Map tools', status: 'Coordinates and status', language: '中文', languageHint: '切换为中文' },
  theme: { auto: 'Appearance: as the system', light: 'Appearance: light', dark: 'Appearance: dark' },
  start: { loading: 'Opening…', failed: 'The server cannot be reached; trying again.', failedHint: 'Please check the network. The page recovers by itself, no reload is needed.', empty: 'There is no data here yet.', emptyHint: 'The administrator imports it by a city pack with “yutu import”; this page shows it by itself when it is there.' },
  notice: { fictional: 'Fictional city: everything on this map is demonstration data and stands for no real name, plan or permit.' },
  search: {
    label: 'Search for a place, an address, a road, a permit number or coordinates', placeholder: 'Place, address, coordinates…', go: 'Search', clear: 'Clear the search', keyHint: 'Press / to search',
    results: 'Search results', suggestions: 'Suggestions', count: (n) => (n === 1 ? '1 result' : `${n} results`), first: (n) => `The best ${n} results`, limited: (n) => `The ${n} best are shown; more words narrow it down.`,
    none: (q) => `Nothing found for “${q}”.`, noneHint: 'Try another spelling: leave out the house number, give the road alone, or write Pinyin. Coordinates work too.', loading: 'Searching…',
    failed: 'The search did not finish', noPosition: 'no position on the map, located by road only', match: { exact: 'exact', prefix: 'beginning', substring: 'part', sound: 'sounds the same', typo: 'one character differs', nearest_number: 'no such number, one near it', rearranged: 'in another order or with parts left out', partial: 'a part of it differs', interpolated: 'between known numbers', street: 'no such number, this is the road', elsewhere: 'in another division', coordinates: 'by its coordinates' },
    parts: { other_name: 'by its other name', short_name: 'by its short name', alternative_name: 'by another name', former_name: 'by a former name', code: 'by its code', pinyin: 'by Pinyin', initials: 'by Pinyin initials' },
    partNames: { country: 'country', province: 'province', city: 'city', county: 'county', development_zone: 'development zone', town: 'town', community: 'village', group: 'neighbourhood', road: 'road', lane: 'lane', sub_lane: 'sub-lane', number: 'number', estate: 'name', block: 'block', building: 'building', unit: 'unit', floor: 'floor', room: 'room', occupant: 'occupant', postcode: 'postcode', hint: 'hint', other: 'other text' },
    hows: { script: 'other script', sound: 'same sound', typo: 'typo', former: 'former name', left_out: 'left out', extra: 'not in the register', interpolated: 'interpolated', differs: 'differs' },
    within: (d) => `within ${d}`, recent: 'Recent searches', recentHint: 'Kept in this browser only', forget: 'Clear recent searches',
    truncated: 'The search stopped before its end; please give more words.',
    start: 'Start here', startHints: ['Type a place name, an address or a road to find it', 'Click anywhere on the map to see what is there', 'Type or paste coordinates to go straight to a point'], back: 'Back to the results', away: (d) => `${d} from the centre`,
  },
  coordinate: {
    title: 'Coordinates', taken: (system, order) => `Taken as ${system}, ${order}`, zone: (zone) => `zone number ${zone} taken off`, other: 'Take it as something else', go: 'Go to this point',
    systems: { wgs84: 'WGS 84', gcj02: 'GCJ-02', bd09: 'BD-09', working: 'Working CRS' }, systemHints: { wgs84: 'satellite positioning', gcj02: 'Amap, Tencent', bd09: 'Baidu', working: '' },
    orders: { 'lon-lat': 'longitude first', 'lat-lon': 'latitude first', 'east-north': 'easting first', 'north-east': 'northing first' }, far: 'This point lies outside the city',
  },
  inspector: {
    title: 'What is here', close: 'Close', loading: 'Asking…', failed: 'The question was not answered', retry: 'Try again', facts: 'Facts', fact: 'Fact', value: 'Value',
    names: 'Names', here: 'Also here', nothing: 'None of the layers has a feature here.', none: 'Looked, none here', noData: 'No data (which is not “none”)', noDataHint: 'These layers have no data here, so nothing can be said about them.',
    source: 'Source', sourceId: 'Id in the source', imported: 'Imported', edition: 'Edition', file: 'File', valid: 'Valid', validFrom: (d) => `from ${d}`, validUntil: (d) => `until ${d}`, recorded: 'Recorded', attributes: 'Other attributes of the source',
    unknownSource: 'source not stated', actions: 'Actions', copyLink: 'Copy link', copyCoordinates: 'Copy coordinates', zoomTo: 'Zoom to it', print: 'Print', copied: 'Copied', notCopied: 'Could not copy; please select the text', asOf: 'As of', asOfNow: 'Now', asOfHint: 'Shows this feature as it stood on a day; the map shows the present.', asOfShown: (d) => `As it stood on ${d}`,
    position: 'Position', noPosition: 'This entry has no position on the map (registered by road only).', gone: 'What the link pointed to is no longer there; this is the present state of the point.', distance: (d) => `${d} from the click`, showOnMap: 'Show', noName: '(no name)', more: (n) => `${n} more`,
  },
  tools: { layers: 'Layers', legend: 'Legend', measure: 'Measure', print: 'Print', close: 'Close', zoomIn: 'Zoom in', zoomOut: 'Zoom out', home: 'Whole city' },
  layers: {
    title: 'Layers', hint: 'Layers further up cover those below.', opacity: (name) => `Opacity of ${name}`, up: (name) => `Move ${name} up`, down: (name) => `Move ${name} down`, count: (n) => `${n} features`, unlocated: (n) => `${n} without a position`,
    zoomIn: (scale) => `Shown from about ${scale}`, empty: 'No data yet', basemap: 'Base map', sources: 'Sources and licences', noSource: 'source and licence not stated', licence: 'Licence', status: (d) => `as of ${d}`,
  },
  legend: { title: 'Legend', hint: 'Lists only what is in view.', empty: 'Nothing in view needs explaining. Zoom in or switch a layer on.', cluster: 'Group: the number says how many features', one: 'all' },
  measure: {
    title: 'Measure', length: 'Length', area: 'Area', hint: 'Click points on the map one after another, or type coordinates below. Vertices can be dragged.', ellipsoidal: 'On the ellipsoid', plane: 'In the plane', planeIn: (crs) => `In the plane (${crs})`, add: 'Add', typed: 'Type the coordinates of a vertex', typedHint: 'such as 120.155, 30.274 or E, N', notRead: 'These are no coordinates: please give two numbers, such as 120.155, 30.274',
    addCentre: 'Add the centre of the view', vertices: 'Vertices', vertex: (n) => `Vertex ${n}`, vertexHint: 'Arrow keys move it (Shift: further), Delete removes it', remove: (n) => `Remove vertex ${n}`, undo: 'Undo last', clear: 'Clear all', needLength: 'At least two points are needed', needArea: 'At least three points are needed', perimeter: 'Perimeter', outside: 'cannot be computed in the working CRS',
  },
  print: {
    title: 'Print', hint: 'Makes a sheet with scale, legend and sources.', paper: 'Paper', landscape: 'Landscape', portrait: 'Portrait', scale: 'Scale', heading: 'Heading', headingHint: 'optional', make: 'Make the sheet', working: 'Drawing…', view: 'Print view', now: 'Print', back: 'Back to the map', made: (d) => `Printed on ${d}`, sequence: (n) => `data sequence ${n}`, disclaimer: 'For information only; not a legal document.', north: 'N',
  },
  status: {
    east: 'E', north: 'N', lon: 'Lon', lat: 'Lat', scale: 'Scale', sequence: (n) => `Sequence ${n}`, live: 'Live', connecting: 'Connecting', reconnecting: 'Reconnecting', stale: (d) => `Data stands at ${d}`, liveHint: 'Changes by others appear by themselves', staleHint: 'The database is away; this is the data from before', tilesFailed: 'Part of the map did not load', retry: 'Try again', centre: 'Centre', pointer: 'Pointer',
  },
  session: { open: 'Log in', title: 'Log in', name: 'User name', password: 'Password', submit: 'Log in', cancel: 'Cancel', out: 'Log out', as: (name, role) => `${name} (${role})`, wrong: 'The user name or the password is wrong.', hint: 'The public needs no account.', roles: { clerk: 'clerk', name_officer: 'name officer', planner: 'planner', reviewer: 'reviewer', supervisor: 'supervisor', admin: 'administrator' } },
  sheet: { handle: 'Height of the panel', stops: { peek: 'low', half: 'half', full: 'full' } },
  describe: { inView: 'In view', empty: 'No features in view', keys: 'Arrow keys move the map, plus and minus zoom, Enter asks about the centre.' },
  problem: { unreachable: 'The server cannot be reached. Please check the network and try again.', limited: 'Too many requests; please wait a moment.', missing: 'Not found.', gone: 'This feature no longer exists.', other: (status) => `The server did not finish the request (${status}). Please try again later.` },
  unit: { mu: 'mu', ha: 'ha' },
  codes: {
    zoning: { class: { residential: 'Residential', public: 'Public services', commercial: 'Commerce', industry: 'Industry and mining', storage: 'Storage', transport: 'Transport', utilities: 'Utilities', green: 'Green and open space', farmland: 'Farmland', water: 'Water', reserved: 'Reserved', special: 'Special use', mixed: 'Mixed use' }, status: { in_force: 'in force', pending: 'not yet in force', superseded: 'superseded' } },
    control_areas: { kind: { road_red_line: 'Road red line', green_line: 'Green line', blue_line: 'Blue line', purple_line: 'Purple line (heritage)', yellow_line: 'Yellow line (infrastructure)', farmland: 'Permanent basic farmland', ecology: 'Ecological red line', urban_boundary: 'Urban development boundary', overlay: 'Overlay district', historic: 'Historic area', flood: 'Flood area', wetland: 'Wetland', other: 'Other control area' }, status: { in_force: 'in force', pending: 'not yet in force', superseded: 'superseded' } },
    roads: { class: { expressway: 'Expressway', trunk: 'Trunk road', arterial: 'Arterial', collector: 'Collector', local: 'Local road', lane: 'Lane', service: 'Service road', path: 'Path', rail: 'Railway' } },
    permits: { status: { applied: 'Applied for', approved: 'Approved', building: 'Under construction', built: 'Built', lapsed: 'Lapsed', withdrawn: 'Withdrawn', refused: 'Refused', superseded: 'Superseded', breach: 'In breach', unknown: 'State unknown' } },
    boundary_lines: { rank: { country: 'National border', province: 'Province boundary', city: 'Prefecture boundary', county: 'County boundary', town: 'Township boundary', village: 'Village boundary' } },
    divisions: { level: { country: 'Country', province: 'Province', city: 'Prefecture', county: 'County', town: 'Township', village: 'Village' } },
    boundary_markers: { kind: { single: 'single', pair: 'pair', triple: 'triple' } },
    place_names: { class: { estate: 'Estate', building: 'Building', bridge: 'Bridge', park: 'Park', square: 'Square', water: 'Water', mountain: 'Mountain', island: 'Island', station: 'Station', school: 'School', hospital: 'Hospital', government: 'Government', village: 'Village', district: 'District', other: 'Other' }, status: { standard: 'standard name', historical: 'historical name', reserved: 'reserved name' } },
    permit_footprints: { kind: { parcel: 'Site', building: 'Building' } },
  },
  nameKinds: { standard: 'standard', former: 'former', historical: 'historical', alias: 'also called', short: 'short', pinyin: 'Pinyin', romanized: 'romanised', english: 'English', official: 'standard', alternative: 'also called' },
};
