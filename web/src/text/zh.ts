// Every text of the page in Chinese. The English file must have the same keys; the compiler checks it.
export const zh = {
  app: { name: '舆图', full: '舆图 Yutu', skipToSearch: '跳到搜索', skipToMap: '跳到地图', panel: '搜索与查询', map: '地图', tools: '地图工具', status: '坐标与状态', language: 'English', languageHint: 'Switch to English' },
  theme: { auto: '外观：跟随系统', light: '外观：浅色', dark: '外观：深色' },
  start: { loading: '正在打开…', failed: '暂时连不上服务器，正在重试。', failedHint: '请检查网络；页面会自动恢复，无需刷新。', empty: '这里还没有数据。', emptyHint: '请管理员用“yutu import”按城市包导入；导入完成后本页会自动显示。' },
  notice: { fictional: '虚构城市：本图所有内容均为演示数据，不代表真实地名、规划或许可。' },
  search: {
    label: '搜索地名、门牌、道路、许可证号或坐标', placeholder: '地名、门牌、坐标…', go: '搜索', clear: '清除搜索', keyHint: '按 / 开始搜索',
    results: '搜索结果', suggestions: '搜索建议', count: (n: number) => `共 ${n} 条结果`, first: (n: number) => `最相关的 ${n} 条结果`, limited: (n: number) => `显示最相关的 ${n} 条；输入更多字词可缩小范围。`,
    none: (q: string) => `没有找到“${q}”。`, noneHint: '换一种写法试试：去掉门牌号，只写道路名，或改用拼音；也可以直接输入坐标。', loading: '正在搜索…',
    failed: '搜索没有完成', noPosition: '无图上位置，仅按道路查得', match: { exact: '完全匹配', prefix: '开头匹配', substring: '部分匹配', sound: '读音相同', typo: '相差一字', nearest_number: '无此号，附近的号', rearranged: '词序或省略不同', partial: '有一部分不符', interpolated: '按相邻号推算', street: '无此号，所示为道路', elsewhere: '在其他区划', coordinates: '按坐标' } as Record<string, string>,
    parts: { other_name: '按外文名', short_name: '按简称', alternative_name: '按别名', former_name: '按曾用名', code: '按编号', pinyin: '按拼音', initials: '按拼音首字母' } as Record<string, string>,
    partNames: { country: '国家', province: '省', city: '市', county: '区县', development_zone: '开发区', town: '乡镇街道', community: '村社区', group: '组邻', road: '道路', lane: '巷弄', sub_lane: '支弄', number: '门牌号', estate: '小区或名称', block: '组团', building: '楼栋', unit: '单元', floor: '楼层', room: '房号', occupant: '单位或人名', postcode: '邮编', hint: '方位词', other: '其他文字' } as Record<string, string>,
    hows: { script: '繁简不同', sound: '同音', typo: '错字', former: '曾用名', left_out: '未写', extra: '登记中没有', interpolated: '推算', differs: '不同' } as Record<string, string>,
    within: (d: string) => `误差约 ${d}`, recent: '最近的搜索', recentHint: '只存在本浏览器中', forget: '清除最近的搜索',
    truncated: '内容太多，搜索未查完；请输入更多字词。',
    start: '从这里开始', startHints: ['输入地名、门牌号或道路名查找位置', '点击地图上任意一处，查看那里有什么', '输入或粘贴坐标，直接到达该点'], back: '返回结果', away: (d: string) => `距视图中心 ${d}`,
  },
  coordinate: {
    title: '坐标', taken: (system: string, order: string) => `按 ${system}（${order}）读取`, zone: (zone: number) => `已去掉带号 ${zone}`, other: '改按其他坐标系读取', go: '前往此点',
    systems: { wgs84: 'WGS 84', gcj02: 'GCJ-02', bd09: 'BD-09', working: '工作坐标系' }, systemHints: { wgs84: '卫星定位', gcj02: '高德、腾讯', bd09: '百度', working: '' },
    orders: { 'lon-lat': '经度在前', 'lat-lon': '纬度在前', 'east-north': '东坐标在前', 'north-east': '北坐标在前' }, far: '此点在本市范围之外',
  },
  inspector: {
    title: '查询结果', close: '关闭查询结果', loading: '正在查询…', failed: '查询没有完成', retry: '重试', facts: '属性', fact: '事项', value: '内容',
    names: '名称', here: '此处还有', nothing: '所查图层在此处均无要素。', none: '已查、此处没有', noData: '没有数据（不等于没有）', noDataHint: '以下图层在此处没有资料，不能据此判断有无。',
    source: '来源', sourceId: '来源编号', imported: '入库', edition: '版本', file: '文件', valid: '有效期', validFrom: (d: string) => `自 ${d} 起`, validUntil: (d: string) => `至 ${d} 止`, recorded: '登记', attributes: '来源原有属性',
    unknownSource: '来源未注明', actions: '操作', copyLink: '复制链接', copyCoordinates: '复制坐标', zoomTo: '缩放至此', print: '打印', copied: '已复制', notCopied: '无法复制，请手动选取', asOf: '查询日期', asOfNow: '现在', asOfHint: '查看该要素在某日的内容；地图显示的是现状。', asOfShown: (d: string) => `以下为 ${d} 的内容`,
    position: '位置', noPosition: '此条目没有图上位置（仅按道路登记）。', gone: '链接所指的要素已不存在，下面是该点的现状。', distance: (d: string) => `距点击处 ${d}`, showOnMap: '查看', noName: '（无名称）', more: (n: number) => `另有 ${n} 项`,
  },
  tools: { layers: '图层', legend: '图例', measure: '测量', print: '打印', close: '关闭', zoomIn: '放大', zoomOut: '缩小', home: '显示全市' },
  layers: {
    title: '图层', hint: '上面的图层压住下面的图层。', opacity: (name: string) => `${name}的不透明度`, up: (name: string) => `${name}上移一层`, down: (name: string) => `${name}下移一层`, count: (n: string) => `${n} 个要素`, unlocated: (n: string) => `其中 ${n} 个无图上位置`,
    zoomIn: (scale: string) => `放大到约 ${scale} 后显示`, empty: '暂无数据', basemap: '底图', sources: '数据来源与许可', noSource: '来源与许可未注明', licence: '许可', status: (d: string) => `现势 ${d}`,
  },
  legend: { title: '图例', hint: '只列出当前视图中的内容。', empty: '当前视图中没有可说明的图形。放大或打开图层后再看。', cluster: '聚合点：数字为要素个数', one: '一般' },
  measure: {
    title: '测量', length: '距离', area: '面积', hint: '在地图上逐点单击；也可以在下面输入坐标。拖动可修改顶点。', ellipsoidal: '椭球面', plane: '平面', planeIn: (crs: string) => `平面（${crs}）`, add: '添加', typed: '输入顶点坐标', typedHint: '例如 120.155, 30.274 或工作坐标', notRead: '读不出坐标：请输入两个数，例如 120.155, 30.274',
    addCentre: '添加视图中心', vertices: '顶点', vertex: (n: number) => `顶点 ${n}`, vertexHint: '方向键移动（Shift 加大步长），Delete 删除', remove: (n: number) => `删除顶点 ${n}`, undo: '撤销上一点', clear: '全部清除', needLength: '至少需要两个点', needArea: '至少需要三个点', perimeter: '周长', outside: '无法换算到工作坐标系',
  },
  print: {
    title: '打印', hint: '生成带比例尺、图例和数据来源的图页。', paper: '纸张', landscape: '横向', portrait: '纵向', scale: '比例尺', heading: '标题', headingHint: '可不填', make: '生成打印页', working: '正在绘制…', view: '打印预览', now: '打印', back: '返回地图', made: (d: string) => `打印日期 ${d}`, sequence: (n: string) => `数据序号 ${n}`, disclaimer: '仅供查询参考，不作为法定凭据。', north: '北',
  },
  status: {
    east: '东 E', north: '北 N', lon: '经度', lat: '纬度', scale: '比例尺', sequence: (n: string) => `序号 ${n}`, live: '实时', connecting: '正在连接', reconnecting: '正在重连', stale: (d: string) => `数据停在 ${d}`, liveHint: '他人的修改会自动出现在图上', staleHint: '数据库暂时不可用，显示的是此前的数据', tilesFailed: '部分地图没有载入', retry: '重试', centre: '视图中心', pointer: '指针',
  },
  session: { open: '登录', title: '登录', name: '用户名', password: '密码', submit: '登录', cancel: '取消', out: '退出', as: (name: string, role: string) => `${name}（${role}）`, wrong: '用户名或密码不对。', hint: '公众查询无需登录。', roles: { clerk: '窗口人员', name_officer: '地名管理', planner: '规划人员', reviewer: '审核人员', supervisor: '主管', admin: '管理员' } as Record<string, string> },
  sheet: { handle: '调整面板高度', stops: { peek: '收起', half: '半屏', full: '全屏' } },
  describe: { inView: '当前视图', empty: '当前视图中没有要素', keys: '方向键移动地图，加号减号缩放，回车查询中心点。' },
  problem: { unreachable: '连不上服务器。请检查网络后重试。', limited: '请求太频繁，请稍候再试。', missing: '没有找到。', gone: '该要素已不存在。', other: (status: number) => `服务器没有完成请求（${status}）。请稍后重试。` },
  unit: { mu: '亩', ha: '公顷' },
  codes: {
    zoning: { class: { residential: '居住用地', public: '公共管理与公共服务用地', commercial: '商业服务业用地', industry: '工矿用地', storage: '仓储用地', transport: '交通运输用地', utilities: '公用设施用地', green: '绿地与开敞空间', farmland: '农用地', water: '水域', reserved: '留白用地', special: '特殊用地', mixed: '混合用地' }, status: { in_force: '已生效', pending: '未生效', superseded: '已被替代' } },
    control_areas: { kind: { road_red_line: '道路红线', green_line: '绿线', blue_line: '蓝线', purple_line: '紫线', yellow_line: '黄线', farmland: '永久基本农田', ecology: '生态保护红线', urban_boundary: '城镇开发边界', overlay: '叠加控制区', historic: '历史保护区', flood: '洪泛区', wetland: '湿地', other: '其他控制区' }, status: { in_force: '已生效', pending: '未生效', superseded: '已被替代' } },
    roads: { class: { expressway: '快速路', trunk: '干线公路', arterial: '主干路', collector: '次干路', local: '支路', lane: '巷弄', service: '内部道路', path: '步道', rail: '铁路' } },
    permits: { status: { applied: '申请中', approved: '已批准', building: '在建', built: '已建成', lapsed: '已失效', withdrawn: '已撤回', refused: '不予许可', superseded: '已被替代', breach: '违反许可', unknown: '状态未知' } },
    boundary_lines: { rank: { country: '国界', province: '省级界线', city: '地级界线', county: '县级界线', town: '乡级界线', village: '村级界线' } },
    divisions: { level: { country: '国家', province: '省级', city: '地级', county: '县级', town: '乡级', village: '村级' } },
    boundary_markers: { kind: { single: '单立', pair: '双立', triple: '三立' } },
    place_names: { class: { estate: '住宅区', building: '楼宇', bridge: '桥梁', park: '公园', square: '广场', water: '水体', mountain: '山', island: '岛', station: '车站', school: '学校', hospital: '医院', government: '机关', village: '村', district: '片区', other: '其他' }, status: { standard: '标准地名', historical: '历史地名', reserved: '预留地名' } },
    permit_footprints: { kind: { parcel: '用地范围', building: '建筑范围' } },
  } as Record<string, Record<string, Record<string, string>>>,
  nameKinds: { standard: '标准名', former: '曾用名', historical: '历史名', alias: '别名', short: '简称', pinyin: '拼音', romanized: '罗马字', english: '英文名', official: '标准名', alternative: '别名' } as Record<string, string>,
};

export type Texts = typeof zh;
