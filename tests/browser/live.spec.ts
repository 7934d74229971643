// What others change appears by itself.
import { expect, open, someRoad, sql, test } from './page';

test('a road renamed in SQL shows its new name in the open page within a second, without a reload', async ({ page, request }) => {
  const road = await someRoad(request);
  const renamed = `改名路${Date.now() % 100_000}`;
  await open(page, `/?map=17/${road.lat}/${road.lon}&lang=zh&sel=roads/${road.id}`);
  const heading = page.getByRole('region', { name: '查询结果' }).getByRole('heading', { level: 2 });
  await expect(heading).toHaveText(road.name);
  await page.evaluate(() => Object.assign(window, { notReloaded: true }));
  const sequence = page.locator('[data-sequence]');
  const before = Number(await sequence.getAttribute('data-sequence'));
  const tile = page.waitForResponse((response) => response.url().includes('roads_labels') && response.ok());
  sql(`UPDATE roads SET name = '${renamed}' WHERE id = '${road.id}'`);
  const committed = Date.now();
  try {
    await expect(heading).toHaveText(renamed, { timeout: 1500 });
    console.log(`the open page shows the new name ${Date.now() - committed} ms after psql has returned`);
    expect(Number(await sequence.getAttribute('data-sequence'))).toBeGreaterThan(before);
    expect(await (await tile).text()).toContain(renamed);
    expect(await page.evaluate(() => 'notReloaded' in window)).toBe(true);
  } finally {
    sql(`UPDATE roads SET name = '${road.name.replaceAll("'", "''")}' WHERE id = '${road.id}'`);
  }
});
