import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { htmlPage } from '../../src/bench/html.ts';
import { exampleReport } from './example-report.ts';

/** The page of a bench in a real browser. Where there is none the tests are skipped: Debian's package is `chromium`. */

const CHROMIUM = [
  process.env['CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find(path => path !== undefined && existsSync(path));

/** How many different colours a canvas shows: one where nothing is drawn. */
const coloursDrawn = (page: Page): Promise<number[]> =>
  page.evaluate(`[...document.querySelectorAll('canvas')].map(canvas => {
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
    return new Set(new Uint32Array(data.buffer)).size;
  })`);

describe.skipIf(CHROMIUM === undefined)(
  'the page of a bench (in Chromium; skipped where there is none)',
  () => {
    let browser: Browser;
    let work: string;
    let file: string;

    beforeAll(async () => {
      work = realpathSync(mkdtempSync(join(tmpdir(), 'millrace-page-')));
      file = join(work, 'report.html');
      const script = readFileSync(new URL('../../dist/src/bench/page.js', import.meta.url), 'utf8');
      writeFileSync(file, htmlPage(exampleReport(), script));
      browser = await chromium.launch({ executablePath: CHROMIUM!, args: ['--no-sandbox'] });
    });

    afterAll(async () => {
      await browser?.close();
      rmSync(work, { recursive: true, force: true });
    });

    /** The page, with all that it complains about. */
    async function open(
      width: number,
      colorScheme: 'light' | 'dark',
    ): Promise<{ page: Page; complaints: string[] }> {
      const context = await browser.newContext({
        viewport: { width, height: 800 },
        colorScheme,
        offline: true,
      });
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on('console', message => {
        if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
      });
      page.on('pageerror', error => complaints.push(error.message));
      page.on('request', request => {
        if (!/^(file|blob|data):/.test(request.url())) complaints.push(`asks for ${request.url()}`);
      });
      await page.goto(pathToFileURL(file).href);
      await page.waitForSelector('canvas');
      return { page, complaints };
    }

    test.each([
      [1200, 'light'],
      [1200, 'dark'],
      [390, 'light'],
    ] as const)(
      'opens %i wide, %s, offline, without a complaint, and its plots have data',
      async (width, scheme) => {
        const { page, complaints } = await open(width, scheme);
        expect(await page.title()).toBe('millrace bench: old.ts, new.ts');
        // Side by side; for each single events, scaling, over time; and the load of the one.
        await expect.poll(async () => (await coloursDrawn(page)).length).toBe(8);
        for (const colours of await coloursDrawn(page)) expect(colours).toBeGreaterThan(3);
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
        const background = await page.evaluate('getComputedStyle(document.body).backgroundColor');
        expect(background).toBe(scheme === 'light' ? 'rgb(253, 253, 252)' : 'rgb(20, 24, 28)');
        expect(complaints).toEqual([]);
      },
    );

    test('says what was found', async () => {
      const { page } = await open(1200, 'light');
      const text = await page.innerText('body');
      for (const part of [
        '12 % faster, 95 % interval 9 to 14 %',
        'outputs are the same',
        'handle, in the workers, busy 97 % of the time',
        'keeps up',
        'node',
        'v20.20.2',
      ]) {
        expect(text).toContain(part);
      }
    });

    test('has a flame graph that zooms, by click and by key, and comes back', async () => {
      const { page } = await open(1200, 'light');
      const frame = page.locator('#flame-1 .frame[data-name="toCents"]');
      const width = async (): Promise<number> => (await frame.boundingBox())!.width;
      const before = await width();
      await frame.click();
      const zoomed = await width();
      expect(zoomed).toBeGreaterThan(before * 3);
      expect(await page.locator('#flame-1 .told').innerText()).toBe('toCents (new.ts:7): 20.0 % of the time');
      // What does not lie below it is gone.
      expect(await page.locator('#flame-1 .frame[data-name="encode"]').count()).toBe(0);
      await page.locator('#flame-1 .back').click();
      expect(await width()).toBeCloseTo(before, 0);
      await frame.focus();
      await page.keyboard.press('Enter');
      expect(await width()).toBeCloseTo(zoomed, 0);
    });

    test('shows names as they are, whatever is in them', async () => {
      const { page } = await open(1200, 'light');
      expect(await page.locator('#flame-0').innerText()).toContain('</script><script>alert(1)</script>');
      // The page's own are gone once it is shown.
      expect(await page.locator('script').count()).toBe(0);
    });

    test('gives the raw data to download', async () => {
      const { page } = await open(1200, 'light');
      const [download] = await Promise.all([page.waitForEvent('download'), page.click('#download')]);
      expect(download.suggestedFilename()).toBe('millrace-bench.json');
      const saved = join(work, 'saved.json');
      await download.saveAs(saved);
      expect(JSON.parse(readFileSync(saved, 'utf8'))).toEqual(JSON.parse(JSON.stringify(exampleReport())));
    });

    test('paints its plots anew when the colours change', async () => {
      const { page, complaints } = await open(1200, 'light');
      await page.emulateMedia({ colorScheme: 'dark' });
      await expect.poll(async () => (await coloursDrawn(page)).length).toBe(8);
      await page.setViewportSize({ width: 390, height: 800 });
      await expect
        .poll(() => page.evaluate('document.querySelector("canvas").getBoundingClientRect().width <= 390'))
        .toBe(true);
      expect(complaints).toEqual([]);
    });
  },
);
