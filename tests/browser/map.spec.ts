// The first five minutes: open, search by key, click, share, switch language.
import { expect, open, settled, someRoad, test } from './page';

test('the page opens with the city, its map, its notice and its state', async ({ page, request }) => {
  const city = await (await request.get('/api/city')).json();
  await open(page);
  await expect(page.getByRole('banner').getByText(city.name.zh)).toBeVisible();
  await expect(page).toHaveTitle(new RegExp(city.name.zh));
  await expect(page.getByText('实时')).toBeVisible();
  await expect(page.locator('#map canvas').first()).toBeVisible();
  if (city.fictional) await expect(page.getByRole('note')).toBeVisible();
  const words = page.locator('#map-words');
  await expect(words).toContainText(/道路|规划用地/);
  await expect(page.locator('.coordinates')).toContainText(/E .*N /);
});

test('the map shows something other than its ground', async ({ page }) => {
  await open(page);
  const colours = await page.evaluate(() => {
    const seen = new Set<string>();
    for (const canvas of document.querySelectorAll<HTMLCanvasElement>('#map canvas')) {
      const data = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? new Uint8ClampedArray();
      for (let at = 0; at < data.length; at += 4 * 97) if (data[at + 3]) seen.add(`${data[at]},${data[at + 1]},${data[at + 2]}`);
    }
    return seen.size;
  });
  expect(colours).toBeGreaterThan(10);
});

test('a place is found and opened with the keyboard alone', async ({ page, request }) => {
  const road = await someRoad(request);
  await open(page);
  await page.keyboard.press('/');
  await expect(page.getByRole('combobox')).toBeFocused();
  await page.keyboard.type(road.name);
  await expect(page.getByRole('option').first()).toBeVisible();
  await page.keyboard.press('ArrowDown');
  await expect(page.getByRole('option', { selected: true })).toHaveCount(1);
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowDown');
  const chosen = page.getByRole('option', { selected: true });
  const title = await chosen.locator('strong').innerText();
  await page.keyboard.press('Enter');
  const inspector = page.getByRole('region', { name: '查询结果' });
  await expect(inspector.getByRole('heading', { level: 2 })).toContainText(title);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('option').first()).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('combobox')).toHaveValue('');
});

test('a search that finds nothing says so and says what to try', async ({ page }) => {
  await open(page);
  await page.getByRole('combobox').fill('zzqqxxyy');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: /没有找到/ })).toBeVisible();
});

test('a click says in words what is there and what could not be looked for', async ({ page, request }) => {
  const road = await someRoad(request);
  await open(page, `/?map=18/${road.lat}/${road.lon}&lang=zh`);
  const box = await page.locator('#map').boundingBox();
  await page.mouse.click((box?.x ?? 0) + (box?.width ?? 0) / 2, (box?.y ?? 0) + (box?.height ?? 0) / 2);
  const inspector = page.getByRole('region', { name: '查询结果' });
  await expect(inspector.getByRole('heading', { level: 2 })).toBeVisible();
  await expect(inspector.getByText('来源', { exact: true })).toBeVisible();
  await expect(inspector.getByText('WGS 84')).toBeVisible();
  const answer = await (await request.get(`/api/identify?lon=${road.lon}&lat=${road.lat}&radius=5`)).json();
  const missing = (answer.layers as { outcome: string }[]).some(({ outcome }) => outcome === 'no_data');
  await expect(inspector.getByText('没有数据（不等于没有）')).toHaveCount(missing ? 1 : 0);
});

test('the keyboard asks about the centre of the map', async ({ page, request }) => {
  const road = await someRoad(request);
  await open(page, `/?map=18/${road.lat}/${road.lon}`);
  await page.locator('#map').focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('region', { name: '查询结果' }).getByRole('heading', { level: 2 })).toBeVisible();
});

test('a link brings back everything its sender saw', async ({ page, request, context }) => {
  const road = await someRoad(request);
  await open(page, `/?map=16/${road.lat}/${road.lon}&lang=zh`);
  await page.getByRole('button', { name: '图层' }).click();
  await page.getByRole('checkbox', { name: '规划用地' }).uncheck();
  await page.getByRole('slider', { name: /^道路/ }).fill('50');
  await page.getByRole('button', { name: '道路下移一层' }).click();
  await page.getByRole('combobox').fill(road.name);
  await page.getByRole('option').first().click();
  await expect(page.getByRole('region', { name: '查询结果' }).getByRole('heading', { level: 2 })).toBeVisible();
  await settled(page);
  await page.getByRole('button', { name: /^外观/ }).click();
  await page.getByRole('button', { name: /^外观/ }).click();
  await page.getByRole('button', { name: 'Switch to English' }).click();
  await expect.poll(() => page.url()).toContain('lang=en');
  const url = page.url();

  const other = await context.newPage();
  await other.goto(url);
  await settled(other);
  await expect(other.locator('html')).toHaveAttribute('lang', 'en');
  await expect(other.locator('html')).toHaveAttribute('data-theme', 'dark');
  await expect(other.getByRole('checkbox', { name: 'Zoning' })).not.toBeChecked();
  await expect(other.getByRole('slider', { name: /of Roads$/ })).toHaveValue('50');
  await expect(other.getByRole('combobox')).toHaveValue(road.name);
  await expect(other.getByRole('region', { name: 'What is here' }).getByRole('heading', { level: 2 })).toBeVisible();
  await expect.poll(() => new URL(other.url()).search).toBe(new URL(url).search);
  await other.close();
});

test('the page speaks Chinese and English, all of it', async ({ page }) => {
  await open(page, '/?lang=zh&tool=layers');
  await expect(page.getByRole('heading', { name: '图层' })).toBeVisible();
  await page.getByRole('button', { name: 'Switch to English' }).click();
  await expect(page.getByRole('heading', { name: 'Layers' })).toBeVisible();
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  const hanzi = await page.locator('.toolbar, .tool-top, .message, .status').allInnerTexts();
  expect(hanzi.join(' ')).not.toMatch(/\p{Script=Han}/u);
});

test('typed coordinates are taken in the system that is said, and can be switched', async ({ page, request }) => {
  const city = await (await request.get('/api/city')).json();
  const [west, south, east, north] = city.extent as [number, number, number, number];
  await open(page, '/?lang=zh');
  await page.getByRole('combobox').fill(`${((south + north) / 2).toFixed(5)}, ${((west + east) / 2).toFixed(5)}`);
  const card = page.getByRole('region', { name: '坐标', exact: true });
  await expect(card.getByRole('heading')).toContainText('WGS 84');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('region', { name: '查询结果' })).toBeVisible();
  await expect.poll(() => page.url()).toContain('at=');
});

test('length and area are measured by typed coordinates alone', async ({ page, request }) => {
  const city = await (await request.get('/api/city')).json();
  const [west, south, east, north] = city.extent as [number, number, number, number];
  const [lon, lat] = [(west + east) / 2, (south + north) / 2];
  await open(page, '/?lang=zh&tool=measure');
  for (const [dx, dy] of [[0, 0], [0.001, 0], [0.001, 0.001]] as const) {
    await page.getByLabel('输入顶点坐标').fill(`${(lon + dx).toFixed(6)} ${(lat + dy).toFixed(6)}`);
    await page.keyboard.press('Enter');
  }
  await expect(page.locator('.measured')).toContainText(/\d\sm/);
  await page.getByText('面积', { exact: true }).click();
  await expect(page.locator('.measured')).toContainText(/m².*亩/);
  const vertex = page.getByRole('button', { name: /^顶点 2/ });
  const before = await vertex.innerText();
  await vertex.focus();
  await page.keyboard.press('ArrowUp');
  await expect(vertex).not.toHaveText(before);
});

test('the print view shows scale, legend, sources and notice, and goes away again', async ({ page, request }) => {
  const road = await someRoad(request);
  await open(page, `/?map=15.5/${road.lat}/${road.lon}&lang=zh&tool=print`);
  await page.getByRole('button', { name: '生成打印页' }).click();
  const sheet = page.getByRole('dialog', { name: '打印预览' });
  await expect(sheet.getByRole('img', { name: '地图' })).toBeVisible({ timeout: 20_000 });
  await expect(sheet).toContainText(/1:\d/);
  await expect(sheet).toContainText('数据来源与许可');
  await page.keyboard.press('Escape');
  await expect(sheet).toHaveCount(0);
});

test('a wrong password is refused in words', async ({ page, noise }) => {
  await open(page, '/?lang=zh');
  await page.getByRole('button', { name: '登录' }).click();
  await page.getByLabel('用户名').fill('nobody');
  await page.getByLabel('密码').fill('wrong');
  await page.getByRole('dialog').getByRole('button', { name: '登录' }).click();
  await expect(page.getByRole('alert')).toContainText('不对');
  // The browser itself reports the refused request.
  expect(noise.every((line) => line.includes('401'))).toBe(true);
  noise.length = 0;
});
