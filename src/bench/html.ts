import { readFileSync } from 'node:fs';
import type { BenchReport } from './report.ts';

/**
 * The report as one page that needs nothing else: script and styles are in it, and it may load nothing. What it shows is put
 * in by the script as text, so names and notes can hold anything.
 */
export function htmlPage(report: BenchReport, script = pageScript()): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'">
<title>millrace bench</title>
</head>
<body>
<noscript>This page draws its figures with a script; they stand in its source as JSON.</noscript>
<script type="application/json" id="report">${inScript(JSON.stringify(report))}</script>
<script>${inScript(script)}</script>
</body>
</html>
`;
}

/** The build puts it beside the threads (scripts/build.mjs). */
function pageScript(): string {
  return readFileSync(new URL('../bench/page.js', import.meta.url), 'utf8');
}

/** Nothing in it may end the element that it stands in. */
function inScript(text: string): string {
  return text.replaceAll(/<(?=\/script|!--|script)/gi, '\\u003c');
}
