// The page for everybody: axe, the phone, 200 %, dark, keyboard.
import { AxeBuilder, expect, open, someRoad, test, type Page } from './page';

async function serious(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
}

for (const address of ['/?lang=zh', '/?lang=en&tool=layers', '/?lang=zh&tool=legend&theme=dark', '/?lang=en&tool=measure&theme=dark', '/?lang=zh&tool=print']) {
  test(`axe finds nothing serious at ${address}`, async ({ page }) => {
    await open(page, address);
    expect(await serious(page)).toEqual([]);
  });
}

for (const theme of ['light', 'dark'] as const) {
  test(`axe finds nothing serious in results and inspector, ${theme}`, async ({ page, request }) => {
    const road = await someRoad(request);
    await open(page, `/?lang=zh&theme=${theme}&q=${encodeURIComponent(road.name)}`);
    await expect(page.getByRole('option').first()).toBeVisible();
    expect(await serious(page)).toEqual([]);
    await page.getByRole('option').first().click();
    await expect(page.getByRole('region', { name: '查询结果' }).getByRole('heading', { level: 2 })).toBeVisible();
    expect(await serious(page)).toEqual([]);
  });
}

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

  test('the sheet has three stops, nothing runs over the edge, and axe finds nothing serious', async ({ page }) => {
    await open(page, '/?lang=zh');
    const sheet = page.getByRole('region', { name: '搜索与查询' });
    const handle = page.getByRole('button', { name: /调整面板高度/ });
    const heights: number[] = [];
    for (let stop = 0; stop < 3; stop += 1) {
      await page.waitForTimeout(300);
      heights.push((await sheet.boundingBox())?.height ?? 0);
      await handle.tap();
    }
    expect(heights[0]).toBeLessThan(heights[1]!);
    expect(heights[1]).toBeLessThan(heights[2]!);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    expect(await serious(page)).toEqual([]);
  });

  test('buttons are large enough for a finger', async ({ page }) => {
    await open(page, '/?lang=zh');
    const small = await page.locator('button:visible').evaluateAll((buttons) => buttons.map((button) => ({ name: button.getAttribute('aria-label') ?? button.textContent, box: button.getBoundingClientRect() })).filter(({ box }) => box.width < 44 || box.height < 40).map(({ name }) => name));
    expect(small).toEqual([]);
  });

  test('a tap answers in the sheet', async ({ page, request }) => {
    const road = await someRoad(request);
    await open(page, `/?map=17/${road.lat}/${road.lon}&lang=zh`);
    await page.touchscreen.tap(150, 400);
    await expect(page.getByRole('region', { name: '查询结果' }).getByRole('heading', { level: 2 })).toBeVisible();
  });
});

test('at 200 % nothing is lost: the window of half the size still has search, map and tools', async ({ page }) => {
  await page.setViewportSize({ width: 720, height: 450 });
  await open(page, '/?lang=zh');
  await expect(page.getByRole('combobox')).toBeInViewport();
  await expect(page.getByRole('button', { name: '打印' })).toBeInViewport();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(720);
});

test('the first keys of a keyboard lead to the search and the map, with a visible focus', async ({ page }) => {
  await open(page, '/?lang=zh');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: '跳到搜索' })).toBeFocused();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(page.locator('#map')).toBeFocused();
  await page.keyboard.press('/');
  await expect(page.getByRole('combobox')).toBeFocused();
});

test('script stays within its budget and the map is drawn soon', async ({ page }) => {
  let script = 0;
  page.on('response', async (response) => {
    if (response.url().endsWith('.js')) script += Number((await response.allHeaders())['content-length'] ?? 0) || (await response.body()).length;
  });
  await open(page, '/?lang=zh');
  expect(script).toBeGreaterThan(0);
  // Compressed by the server, or at most as much uncompressed as 250 kB compressed come to.
  expect(script).toBeLessThan(820_000);
});
