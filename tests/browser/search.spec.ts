// The list of results as the text twin of the map: what each is, where, and why it is there; searches shared by link and kept nowhere but here.
import { AxeBuilder, expect, open, settled, someRoad, test, type Page } from './page';

interface Hit {
  properties: { geocoding: { label: string; name?: string; layer: string; division?: string; match: { kind: string; part?: string } } };
}

async function asked(page: Page, text: string): Promise<Hit[]> {
  const answer = await page.request.get(`/api/search?limit=25&q=${encodeURIComponent(text)}`);
  return (await answer.json()).features;
}

const options = (page: Page) => page.getByRole('listbox').getByRole('option');
const box = (page: Page) => page.getByRole('combobox');

test('each result says what it is and why it was found, in both languages', async ({ page, request }) => {
  const road = await someRoad(request);
  await open(page, `/?lang=zh&q=${encodeURIComponent(road.name)}`);
  const first = options(page).first();
  await expect(first).toContainText(road.name);
  await expect(first).toContainText('道路');
  await expect(first.locator('.why')).toContainText('完全匹配');
  const [hit] = await asked(page, road.name);
  if (hit?.properties.geocoding.division) await expect(first).toContainText(hit.properties.geocoding.division);
  await page.getByRole('button', { name: 'Switch to English' }).click();
  await expect(options(page).first().locator('.why')).toContainText('exact');
});

test('a guess says that it is one', async ({ page, request }) => {
  const road = await someRoad(request);
  const wrong = `${road.name.slice(0, -1)}鱻`;
  const hits = await asked(page, wrong);
  test.skip(!hits[0] || hits[0].properties.geocoding.match.kind === 'exact', 'this name has no near one');
  await open(page, `/?lang=zh&q=${encodeURIComponent(wrong)}`);
  const why = options(page).first().locator('.why.unsure');
  await expect(why).toBeVisible();
  await expect(why.locator('svg')).toBeVisible();
  await expect(why).not.toContainText('完全匹配');
});

test('a shared search shows the same list, in the same order', async ({ page, context, request }) => {
  const road = await someRoad(request);
  const text = road.name.slice(0, 2);
  await open(page, '/?lang=zh');
  await box(page).fill(text);
  await page.keyboard.press('Enter');
  await expect(options(page).first()).toBeVisible();
  await settled(page);
  await expect.poll(() => new URL(page.url()).searchParams.get('q')).toBe(text);
  const titles = await options(page).locator('strong').allInnerTexts();
  const other = await context.newPage();
  await open(other, page.url());
  await expect(options(other).first()).toBeVisible();
  await expect.poll(() => options(other).locator('strong').allInnerTexts()).toEqual(titles);
  await other.close();
});

test('the list and the map highlight the same place, and arrows go round the list', async ({ page, request }) => {
  const road = await someRoad(request);
  await open(page, `/?lang=zh&q=${encodeURIComponent(road.name.slice(0, 2))}`);
  await expect(options(page).first()).toBeVisible();
  const count = await options(page).count();
  await box(page).focus();
  await page.keyboard.press('ArrowUp');
  await expect(options(page).nth(count - 1)).toHaveAttribute('aria-selected', 'true');
  await expect(box(page)).toHaveAttribute('aria-activedescendant', `result-${count - 1}`);
  await page.keyboard.press('ArrowDown');
  await expect(options(page).first()).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('region', { name: '查询结果' }).getByRole('heading', { level: 2 })).toBeVisible();
});

test('recent searches are kept in this browser only, are done again by keyboard, and can be cleared', async ({ page, request, browser, baseURL }) => {
  const road = await someRoad(request);
  await open(page, '/?lang=zh');
  await expect(page.getByText('最近的搜索')).toHaveCount(0);
  await box(page).fill(road.name);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/[?&]q=/);
  // What finds nothing is not worth keeping.
  await box(page).fill('zzqqxxyy');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: /没有找到/ })).toBeVisible();

  await open(page, '/?lang=zh');
  const sent: string[] = [];
  page.on('request', (asking) => sent.push(decodeURIComponent(asking.url()) + (asking.postData() ?? '')));
  const recent = page.getByRole('listbox', { name: '最近的搜索' });
  await expect(recent.getByRole('option')).toHaveText([road.name]);
  await expect(page.getByText('只存在本浏览器中')).toBeVisible();
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')).toEqual([]);
  expect(sent.filter((text) => text.includes(road.name))).toEqual([]);
  await box(page).focus();
  await page.keyboard.press('ArrowDown');
  await expect(recent.getByRole('option', { selected: true })).toHaveCount(1);
  await page.keyboard.press('Enter');
  await expect(box(page)).toHaveValue(road.name);

  const stranger = await (await browser.newContext({ baseURL, locale: 'zh-CN' })).newPage();
  await open(stranger, '/?lang=zh');
  await expect(stranger.getByText('最近的搜索')).toHaveCount(0);
  await stranger.context().close();

  await open(page, '/?lang=en');
  await page.getByRole('button', { name: 'Clear recent searches' }).click();
  await expect(page.getByText('Recent searches', { exact: true })).toHaveCount(0);
  await expect.poll(() => page.evaluate(() => window.localStorage.getItem('yutu'))).not.toContain(road.name);
});
