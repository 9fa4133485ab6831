#!/usr/bin/env node
import { existsSync } from 'node:fs';

const bundle = new URL('../dist/main.js', import.meta.url);
if (existsSync(bundle)) await import(bundle.href);
else {
  console.error('error: the command line is not built yet; `npm run build` in the workspace builds it');
  process.exitCode = 1;
}
